-- Part of join_session, for those who take part as students in a session that requires registration.
create function private.check_seat(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_closes_at timestamptz := least(session.registration_closes_at, session.start_time);
    v_is_open boolean := session.status = 'upcoming' and clock_timestamp() < v_closes_at;
    v_position integer;
begin
    if private.has_seat(session, auth.uid()) then
        return;
    end if;
    v_position := private.my_waitlist_position(session.id);
    raise exception using
        errcode = 'PT409',
        message = 'this session needs a registration, and you have no seat',
        detail = case
            when v_position is not null then format('you are number %s in the waitlist', v_position)
            when v_is_open then 'registration is open until ' || private.utc_text(v_closes_at)
            else 'registration is closed'
        end,
        hint = case
            when v_position is not null and clock_timestamp() < session.start_time
                then 'You are told when a seat becomes free.'
            when v_position is null and v_is_open then 'Call register_for_session.'
            else 'Look for another session in the calendar.'
        end;
end
$$;
comment on function private.check_seat(public.success_sessions) is
    'Refuses with PT409 a caller who has no seat in a session that requires registration, and names the remedy.';
revoke execute on function private.check_seat(public.success_sessions) from public;
