-- Asked of somebody who takes part: they may come without a seat where no registration is required.
create function private.has_seat(session public.success_sessions, student_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return not session.registration_required
    or exists (
        select from public.session_registrations as registration
        where
            registration.session_id = session.id
            and registration.student_id = has_seat.student_id
            and registration.status = 'registered'
    );
end
$$;
comment on function private.has_seat(public.success_sessions, uuid) is
    'Whether a student who takes part may come: registered, or no registration is required.';
revoke execute on function private.has_seat(public.success_sessions, uuid) from public;
