-- What join_session and check_in refuse before the time.
create function private.check_joining_is_open(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_opens_at timestamptz := private.join_opens_at(session.start_time);
begin
    if clock_timestamp() < v_opens_at
        and private.effective_session_status(session.status, session.start_time, session.end_time) = 'upcoming'
    then
        raise exception using
            errcode = 'PT409',
            message = 'joining is not open yet',
            detail = 'joining opens at ' || private.utc_text(v_opens_at),
            hint = 'Try again then.';
    end if;
end
$$;
comment on function private.check_joining_is_open(public.success_sessions) is
    'Refuses with PT409 to enter a session before joining opens; the detail says when that is.';
revoke execute on function private.check_joining_is_open(public.success_sessions) from public;
