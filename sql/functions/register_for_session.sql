-- Security definer: it is the API; it locks rows and writes registrations, which the caller may not do.
-- Locks are taken in the order enrollment, session, as by whoever ends an enrollment: the two cannot deadlock, and
-- whichever comes second sees what the first did. Whoever takes an invitation back locks the session, too.
create function public.register_for_session(session_id uuid)
returns public.registration_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_course_id uuid := v_session.course_id;
    v_status public.registration_status;
    v_closes_at timestamptz;
begin
    perform from public.course_enrollments as enrollment
    where enrollment.student_id = auth.uid() and enrollment.course_id = v_course_id
    for share;
    perform from public.success_sessions as session
    where session.id = v_session.id
    for no key update;

    -- As it is now that nobody else can change it.
    v_session := private.visible_session(session_id);
    if v_session.course_id is distinct from v_course_id then
        raise exception using
            errcode = 'PT409',
            message = 'this session has just moved to another course',
            hint = 'Try again.';
    end if;
    if not private.is_session_learner(v_session, auth.uid()) then
        raise exception using
            errcode = '42501',
            message = 'only those who take part in a session as students register for it',
            hint = 'The host and managers need no seat.';
    end if;

    select registration.status into v_status
    from public.session_registrations as registration
    where registration.session_id = v_session.id and registration.student_id = auth.uid();
    if v_status in ('registered', 'waitlisted') then
        return private.my_registration(v_session);
    end if;

    v_closes_at := least(v_session.registration_closes_at, v_session.start_time);
    if v_session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            message = 'this session was cancelled',
            detail = coalesce(v_session.cancel_reason, 'no reason was given'),
            hint = 'Look for another session in the calendar.';
    elsif not v_session.registration_required then
        raise exception using
            errcode = 'PT409',
            message = 'this session needs no registration',
            hint = 'Just call join_session when it begins.';
    elsif v_session.status <> 'upcoming' or clock_timestamp() >= v_closes_at then
        raise exception using
            errcode = 'PT409',
            message = 'registration is closed',
            detail = case
                when clock_timestamp() >= v_closes_at then 'it closed at ' || private.utc_text(v_closes_at)
                else 'the session has begun'
            end,
            hint = 'Look for another session in the calendar.';
    end if;

    v_status := (case
        when coalesce(private.seats_left(v_session.id, v_session.capacity) > 0, true) then 'registered'
        else 'waitlisted'
    end)::public.registration_status;
    insert into public.session_registrations as registration (session_id, student_id, status)
    values (v_session.id, auth.uid(), v_status)
    on conflict on constraint session_registrations_pkey do update set
        status = excluded.status,
        queued_at = excluded.queued_at,
        updated_at = excluded.updated_at;
    if v_status = 'registered' then
        perform notifier.tell_registration(v_session.id, array[auth.uid()], 'registration_confirmed');
    end if;
    return private.my_registration(v_session);
end
$$;
comment on function public.register_for_session(uuid) is
    'Take a seat in a session, or a place in its waitlist when it is full. Safe to repeat. Answers status, waitlist_position, seats_left and overlapping_sessions: what else the caller has at that time. Errors: PT404 unknown or not visible; 42501 for host and managers; PT409 cancelled, closed (the detail says since when), or no registration needed.';
revoke execute on function public.register_for_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.register_for_session(uuid) to authenticated;
