create function private.check_excuse_time(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            message = 'this session was cancelled',
            detail = coalesce(session.cancel_reason, 'no reason was given'),
            hint = 'Nobody is expected there.';
    end if;
    if session.status <> 'upcoming' or clock_timestamp() >= session.start_time then
        raise exception using
            errcode = 'PT409',
            message = 'this session has begun',
            detail = 'its start_time is ' || private.utc_text(session.start_time),
            hint = 'Ask the host, who may mark you excused.';
    end if;
end
$$;
comment on function private.check_excuse_time(public.success_sessions) is
    'Refuses with PT409 wishes to be excused from a session that is cancelled or has begun.';
revoke execute on function private.check_excuse_time(public.success_sessions) from public;
