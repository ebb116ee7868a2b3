-- The order is: fall asleep, look once more, wait. The lock makes that airtight: a transaction that found the notifier
-- awake holds it shared until its commit is visible (notifier.wake), so that once the gate is closed here, either such
-- a transaction's event is seen by the last look or the transaction finds the notifier asleep. Whoever holds it longer
-- than a second (a prepared transaction, a person at a prompt after `set constraints all immediate`) is left to the
-- notifier's polling. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.fall_asleep()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
begin
    begin
        perform pg_advisory_xact_lock('notifier.gate'::regclass::integer, 0);
    exception
        when lock_not_available then null;
    end;
    update notifier.gate set awake_until = '-infinity' where id;
end
$$;
comment on function notifier.fall_asleep() is
    'From here on commits notify. Look for work once more after calling it, then wait.';
revoke execute on function notifier.fall_asleep() from public;
grant execute on function notifier.fall_asleep() to notifier;
