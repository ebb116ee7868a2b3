-- What join_session and check_in refuse first.
create function private.check_not_over(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    case private.effective_session_status(session.status, session.start_time, session.end_time)
        when 'cancelled' then
            raise exception using
                errcode = 'PT409',
                message = 'this session was cancelled',
                detail = coalesce(session.cancel_reason, 'no reason was given'),
                hint = 'Look for another session in the calendar.';
        when 'completed' then
            raise exception using
                errcode = 'PT409',
                message = 'this session is over',
                detail = 'it ended at ' || private.utc_text(session.end_time),
                hint = 'Look for a recording or another session.';
        else null;
    end case;
end
$$;
comment on function private.check_not_over(public.success_sessions) is
    'Refuses with PT409 to enter a session that was cancelled or is over.';
revoke execute on function private.check_not_over(public.success_sessions) from public;
