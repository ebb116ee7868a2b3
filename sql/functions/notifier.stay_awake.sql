-- While this holds, commits do not notify; see notifier.gate.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.stay_awake(for_interval interval)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into notifier.gate as gate (id, awake_until)
    values (true, clock_timestamp() + for_interval)
    on conflict (id) do update
        set awake_until = excluded.awake_until
        where gate.awake_until < excluded.awake_until;
end
$$;
comment on function notifier.stay_awake(interval) is
    'Promises that some worker looks for work within this time, so that commits need not notify. The latest promise of all workers holds.';
revoke execute on function notifier.stay_awake(interval) from public;
grant execute on function notifier.stay_awake(interval) to notifier;
