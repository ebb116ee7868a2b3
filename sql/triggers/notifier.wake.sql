-- Wakes the notifier at the commit of whatever wrote an event, and only if every worker sleeps. Deferred, because an
-- immediate trigger would look at the gate long before the commit that makes the event visible. A transaction whose
-- snapshot is old cannot see the gate as it is and always notifies. Security definer: writers of sessions have no
-- business in this schema.
create function notifier.wake()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Shared with other writers, exclusive for notifier.fall_asleep(), which explains it.
    perform pg_advisory_xact_lock_shared('notifier.gate'::regclass::integer, 0);
    if current_setting('transaction_isolation') <> 'read committed'
        or not exists (select from notifier.gate as gate where gate.awake_until >= clock_timestamp())
    then
        perform pg_notify('notifier', '');
    end if;
    return null;
end
$$;
comment on function notifier.wake() is 'Notifies on channel notifier, without payload, unless a worker has promised to be awake.';
revoke execute on function notifier.wake() from public;

create constraint trigger wake
after insert on notifier.events
deferrable initially deferred
for each row execute function notifier.wake();

-- Once a statement, however many students it enrols.
create constraint trigger wake
after insert on notifier.enrollment_changes
deferrable initially deferred
for each row when (new.wakes) execute function notifier.wake();
