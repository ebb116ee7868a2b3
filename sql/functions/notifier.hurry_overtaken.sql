-- Whoever queues an urgent mail has what is put off ahead of it go along (notifier.queue_emails), unless a claim is
-- just putting it off and has it locked. Such a pair is found here. A mail that the claim had seen it would have put
-- off, too, so what is due behind one that is not was not seen, and nothing is hurried twice. The oldest of what is
-- urgent are looked at: whatever else is due is claimed, and those stay. For `offset 0` see notifier.lock_due_emails.
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
                -- As text: else an index of all that is queued would do for it, too.
                and locked.status::text = 'queued'
            for no key update skip locked
        )
    );
end
$$;
comment on function notifier.hurry_overtaken(timestamptz) is
    'Has mails that were put off for quiet hours or a mail of the day go along with an urgent one that came behind them at that moment.';
revoke execute on function notifier.hurry_overtaken(timestamptz) from public;
