create function private.is_session_staff(session public.success_sessions, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where
            held.user_id = is_session_staff.user_id
            and (
                held.role in ('enrollment_manager', 'admin', 'superadmin')
                or (held.role = 'mentor' and (session).mentor_id = is_session_staff.user_id)
            )
    );
end
$$;
comment on function private.is_session_staff(public.success_sessions, uuid) is
    'Whether a user is the session''s host or a manager, whose presence is nobody''s attendance.';
revoke execute on function private.is_session_staff(public.success_sessions, uuid) from public;
