-- notifier.queue_emails hurries what is put off ahead of an urgent mail, but not what a claim has locked because it is
-- putting it off at that moment. Then the urgent mail waits behind it, until both are found here. A claim that puts a
-- mail off puts off what it sees behind it as well (notifier.decide_emails). So a mail that is due behind one that is
-- not was queued too late to be seen, and the same two are not found again after the next claim. The 500 oldest urgent
-- mails are looked at: those that are stuck remain the oldest, since the others are claimed. For `offset 0` see
-- notifier.lock_due_emails.
create function notifier.hurry_overtaken(as_of timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
begin
    update notifier.emails as overtaken
    set urgent = true, available_at = as_of
    where overtaken.id = any(
        array(
            select locked.id
            from notifier.emails as locked
            where
                locked.id = any(
                    array(
                        select ahead.id
                        from (
                            select due.*
                            from notifier.emails as due
                            where
                                due.status in ('queued', 'in_doubt')
                                and due.carried_by is null
                                and due.urgent
                                and due.available_at <= as_of
                            order by due.available_at, due.event_id
                            limit 500
                        ) as pressing
                        cross join lateral (
                            select earlier.*
                            from notifier.emails as earlier
                            where
                                earlier.session_id = pressing.session_id
                                and earlier.recipient_id = pressing.recipient_id
                                and earlier.topic = pressing.topic
                                and earlier.event_id < pressing.event_id
                                and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                            offset 0
                        ) as ahead
                        -- One that has failed keeps the time of its next attempt.
                        where ahead.postponed_for is not null and ahead.attempts = 0 and ahead.available_at > as_of
                    )
                )
                -- As text, so that the planner cannot use an index of all that is queued.
                and locked.status::text = 'queued'
            for no key update skip locked
        )
    );
end
$$;
comment on function notifier.hurry_overtaken(timestamptz) is
    'Has mails that were put off for quiet hours or a mail of the day go along with an urgent one that came behind them at that moment.';
revoke execute on function notifier.hurry_overtaken(timestamptz) from public;
