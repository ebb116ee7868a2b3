-- The order of locks: the turn of the series and those split from it, their rows, the sessions by id; the turns of
-- mentors come after these.
create function private.lock_series(session_id uuid, calendar_uid uuid, scope text)
returns public.session_series
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_series public.session_series;
begin
    perform private.take_series_turn(calendar_uid);
    begin
        perform from public.session_series as series
        where series.calendar_uid = lock_series.calendar_uid
        order by series.id
        for no key update;
        perform from public.success_sessions as session
        where session.calendar_uid = lock_series.calendar_uid
        order by session.id
        for no key update;
    exception when deadlock_detected then
        perform private.refuse_simultaneous_writers();
    end;
    -- As it is now: while this was waiting it may have come into another part, or out of the caller's hands.
    v_session := private.editable_session(session_id, scope);
    select series.* into v_series
    from public.session_series as series
    where series.id = v_session.series_id;
    return v_series;
end
$$;
comment on function private.lock_series(uuid, uuid, text) is
    'Waits for the turn of a series, locks it, those split from it and their sessions, and answers the one that the session is of by then, if it is still the caller''s to change.';
revoke execute on function private.lock_series(uuid, uuid, text) from public;
