create function private.lock_booked_session(booking public.session_bookings)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_until timestamptz;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = booking.session_id
    for no key update;
    if not found then
        -- Deleted meanwhile: this raises PT404.
        perform private.visible_session(booking.session_id);
    end if;
    v_until := v_session.start_time - make_interval(mins => booking.change_notice_minutes);

    if v_session.status = 'cancelled' then
        return v_session;
    elsif v_session.status <> 'upcoming' or clock_timestamp() >= v_session.start_time then
        raise exception using
            errcode = 'PT409',
            message = 'this session has begun',
            detail = 'it began at ' || private.utc_text(v_session.start_time),
            hint = 'Book another slot.';
    elsif clock_timestamp() > v_until then
        raise exception using
            errcode = 'PT409',
            message = 'it is too late to move or cancel this booking',
            detail = 'that was possible until ' || private.utc_text(v_until),
            hint = 'Ask your mentor, who can still do it.';
    end if;
    return v_session;
end
$$;
comment on function private.lock_booked_session(public.session_bookings) is
    'Locks the session of a booking and answers it, if it is cancelled or the student may still change it; else PT409.';
revoke execute on function private.lock_booked_session(public.session_bookings) from public;
