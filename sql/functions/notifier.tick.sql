-- What the clock demands. Idempotent; of several workers each session and mail is handled by one, and none waits for
-- another or for whoever is editing a session (skip locked). After an outage thousands of sessions are due at once: a
-- call starts and completes a part of them, the longest due first, so that it ends before its caller gives up and tries
-- again.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.tick()
returns table (
    started integer, completed integer, reminders integer, requeued integer, in_doubt integer, extended integer
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    c_most_sessions constant integer := 100;
    v_now timestamptz := clock_timestamp();
begin
    -- First of all: it must have no transaction id yet.
    perform private.seal_audit_log();

    -- Before this locks the row of any session: series come first in the order of locks.
    extended := notifier.extend_series();

    update public.success_sessions as session set status = 'live'
    where session.id = any(
        array(
            select due.id
            from public.success_sessions as due
            where due.status = 'upcoming' and due.status_due_at <= v_now
            order by due.status_due_at
            limit c_most_sessions
            for no key update skip locked
        )
    );
    get diagnostics started = row_count;

    -- Those that are over by now come through here in the same call.
    update public.success_sessions as session set status = 'completed'
    where session.id = any(
        array(
            select due.id
            from public.success_sessions as due
            where due.status = 'live' and due.status_due_at <= v_now
            order by due.status_due_at
            limit c_most_sessions
            for no key update skip locked
        )
    );
    get diagnostics completed = row_count;

    perform notifier.announce_recordings();
    reminders := notifier.write_reminders(v_now) + notifier.write_weekly_summaries(v_now);

    select recovered.requeued, recovered.in_doubt into requeued, in_doubt
    from notifier.recover_expired_claims() as recovered;
    perform notifier.hurry_overtaken(v_now);

    perform private.forget_presence();
    perform private.forget_participants();
    perform notifier.purge_by_clock(v_now);
    -- Last of all: it may lock the audit log, which everybody writes to, until the end of the transaction.
    perform private.keep_audit_partitions();
    return next;
end
$$;
comment on function notifier.tick() is
    'Makes the next sessions of series, starts and completes sessions by the clock, at most 100 of each, orders the mails of recordings that can be watched, writes reminders that are due, and recovers mails of lost workers; how many of each. Seals the audit log and keeps its months, and forgets old presence, names of the review queue and what the outbox has kept long enough. Call it whenever next_wake() says so.';
revoke execute on function notifier.tick() from public;
grant execute on function notifier.tick() to notifier;
