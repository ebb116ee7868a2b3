-- The other half of private.refresh_session_statistics: whoever writes what is counted shares the lock of the session's
-- row to the end of the transaction. Shared, it holds up nobody who joins at the same moment, and not those who correct
-- a session that is over (key share and no key update go together); the one who completes the session waits, and counts
-- what was written. A writer who had to wait for that finds the session completed, and adds what it wrote itself.
create function private.hold_session_statistics(session_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from private.session_statistics as statistics
    where statistics.session_id = any(session_ids)
    order by statistics.session_id
    for key share;
    return array(
        select statistics.session_id
        from private.session_statistics as statistics
        where statistics.session_id = any(session_ids) and statistics.status = 'completed'
    );
end
$$;
comment on function private.hold_session_statistics(uuid[]) is
    'Keeps sessions from being completed until the transaction ends, and answers those that are completed: what is written about them is to be added to their statistics.';
revoke execute on function private.hold_session_statistics(uuid[]) from public;
