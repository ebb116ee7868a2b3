-- Security definer: it is the API; it locks the session and writes registrations, which the caller may not do.
create function public.cancel_registration(session_id uuid)
returns public.registration_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    -- Whoever has registered may ask, even if access has ended meanwhile.
    if exists (
        select from public.session_registrations as registration
        where registration.session_id = cancel_registration.session_id and registration.student_id = auth.uid()
    ) then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = cancel_registration.session_id
        for no key update;
    end if;
    if v_session.id is null then
        v_session := private.visible_session(session_id);
        raise exception using
            errcode = 'PT409',
            message = 'you have not registered for this session',
            hint = 'There is nothing to cancel; register_for_session takes a seat.';
    end if;

    if (v_session.status in ('live', 'completed') or clock_timestamp() >= v_session.start_time)
        and exists (
            select from public.session_registrations as registration
            where
                registration.session_id = v_session.id
                and registration.student_id = auth.uid()
                and registration.status = 'registered'
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'this session has begun',
            detail = 'its start_time is ' || private.utc_text(v_session.start_time),
            hint = 'A seat can be given back until the session begins; leave_session ends your presence.';
    end if;

    update public.session_registrations as registration
    set status = 'cancelled', updated_at = clock_timestamp()
    where
        registration.session_id = v_session.id
        and registration.student_id = auth.uid()
        and registration.status in ('registered', 'waitlisted');
    if found then
        perform private.promote_waitlist(array[v_session.id]);
    end if;
    return private.my_registration(v_session);
end
$$;
comment on function public.cancel_registration(uuid) is
    'Give back a seat, until the session begins, or a place in the waitlist; the first in the waitlist gets the seat and is told. Safe to repeat. Errors: PT404 unknown or not visible; PT409 never registered, or begun.';
revoke execute on function public.cancel_registration(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_registration(uuid) to authenticated;
