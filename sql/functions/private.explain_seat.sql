create function private.explain_seat(session public.success_sessions, user_id uuid, is_staff boolean)
returns public.session_access_rule
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_closes_at constant timestamptz := least(session.registration_closes_at, session.start_time);
    v_is_open constant boolean := session.status = 'upcoming' and clock_timestamp() < v_closes_at;
    v_status public.registration_status;
    v_rule public.session_access_rule;
begin
    v_rule.rule := 'seat';
    v_rule.decides := 'join';
    v_rule.holds := private.has_seat(session, explain_seat.user_id) or explain_seat.is_staff;
    select registration.status into v_status
    from public.session_registrations as registration
    where registration.session_id = session.id and registration.student_id = explain_seat.user_id;
    v_rule.fact := case
        when not session.registration_required then 'no registration is required'
        when v_status = 'registered' then 'has a seat'
        when explain_seat.is_staff then 'needs no seat: hosts the session or is a manager'
        when v_status = 'waitlisted'
            then format('is number %s in the waitlist', private.waitlist_position(session.id, explain_seat.user_id))
        when v_is_open then 'has no seat; registration is open until ' || private.utc_text(v_closes_at)
        else 'has no seat, and registration is closed'
    end;
    if not v_rule.holds then
        v_rule.remedy := case
            when v_status = 'waitlisted' then 'Raise the capacity of the session, or wait for a seat to be given back.'
            when v_is_open then 'They register with register_for_session.'
            else 'Set registration_required to false.'
        end;
    end if;
    return v_rule;
end
$$;
comment on function private.explain_seat(public.success_sessions, uuid, boolean) is
    'Whether a user has the seat that joining a session takes; is_staff: as its host or a manager none is needed.';
revoke execute on function private.explain_seat(public.success_sessions, uuid, boolean) from public;
