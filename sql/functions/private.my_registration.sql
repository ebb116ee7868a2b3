-- What register_for_session and cancel_registration answer. Security invoker: its definer callers have found that the
-- session is the caller's to see.
create function private.my_registration(session public.success_sessions)
returns public.registration_details
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_details public.registration_details;
begin
    v_details.session_id := session.id;
    v_details.status := (
        select registration.status
        from public.session_registrations as registration
        where registration.session_id = session.id and registration.student_id = auth.uid()
    );
    v_details.waitlist_position := private.my_waitlist_position(session.id);
    v_details.seats_left := private.seats_left(session.id, session.capacity);
    v_details.overlapping_sessions := case
        when v_details.status = 'cancelled' then '[]'
        else private.overlapping_sessions(session, auth.uid())
    end;
    return v_details;
end
$$;
comment on function private.my_registration(public.success_sessions) is
    'The caller''s registration for a session, with the place in the waitlist, the free seats and what else is at that time.';
revoke execute on function private.my_registration(public.success_sessions) from public;
