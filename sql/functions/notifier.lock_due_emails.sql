-- The first half of a claim: an ordered index scan that stops after max_emails mails, with one look at an index for
-- each. What is urgent has a scan of its own, before the other: it waits for nothing but its like. Few others go with
-- it, so that it does not wait until it is decided what a hundred of them say; and some do, so that a steady trickle of
-- urgent mail holds up nobody.
--
-- Rows of one transaction for one person go together. The first of them that may be sent, an urgent one if there is
-- any, stands for all: only it is found by the scan, so that two claims at once do not tear them apart, and the others
-- are locked under its lock. Those that are not due, or follow an unfinished mail, go by themselves later. A mail in
-- doubt takes what it carried. A mail has at most 200 parts, and a claim ends once it has 2,000 rows.
--
-- What was handed over in one request is in doubt together and goes together, or the request's key would stand for
-- something else when the next part of it comes. Its mail of the lowest id stands for all, once none of them is held.
--
-- The queue is empty now and holds 100,000 mails a second later, so what the planner last heard of it is wrong at the
-- worst moment: joins that it took for harmless when there was nothing then cost 1.6 to 7 s per claim. Hence, here and
-- in the functions around: settings that leave index scans only (and no JIT, which the price of what is disabled would
-- invite), and `offset 0`, which keeps a look-up from becoming a join, and orders that only the index meant can serve.
-- With the shape of the plans settled that way they are made once per connection: making them anew doubled the time
-- from COMMIT to the mail server's 250, and a claim of 100 out of 100,000 by plans made when the queue was empty is no
-- slower (23 ms against 28).
create function notifier.lock_due_emails(max_emails integer)
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_locked uuid[] := array[]::uuid[];
    v_mails integer := 0;
    v_most integer := max_emails;
    v_urgent boolean;
    v_parcel uuid[];
    v_first record;
begin
    foreach v_urgent in array array[true, false] loop
        for v_first in
            select
                due.id,
                due.status,
                due.transaction_id,
                due.recipient_id,
                due.parcel_id
            from notifier.emails as due
            where
                due.status in ('queued', 'in_doubt')
                and due.carried_by is null
                and due.urgent = v_urgent
                and due.available_at <= v_now
                and not exists (
                    select from notifier.emails as earlier
                    where
                        earlier.session_id = due.session_id
                        and earlier.recipient_id = due.recipient_id
                        and earlier.topic = due.topic
                        and earlier.event_id < due.event_id
                        and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                    offset 0
                )
                and (
                    due.transaction_id is null
                    or due.status = 'in_doubt'
                    or not exists (
                        select from notifier.emails as sibling
                        where
                            sibling.transaction_id = due.transaction_id
                            and sibling.recipient_id = due.recipient_id
                            and (
                                (sibling.urgent and not v_urgent)
                                or (sibling.urgent = v_urgent and sibling.event_id < due.event_id)
                            )
                            and sibling.status = 'queued'
                            and sibling.available_at <= v_now
                            and not exists (
                                select from notifier.emails as earlier
                                where
                                    earlier.session_id = sibling.session_id
                                    and earlier.recipient_id = sibling.recipient_id
                                    and earlier.topic = sibling.topic
                                    and earlier.event_id < sibling.event_id
                                    and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                                offset 0
                            )
                        offset 0
                    )
                )
                and (
                    due.parcel_id is null
                    or not exists (
                        select from notifier.emails as companion
                        where
                            companion.parcel_id = due.parcel_id
                            and companion.status in ('claimed', 'sending', 'in_doubt')
                            and (companion.id < due.id or companion.status <> 'in_doubt')
                        offset 0
                    )
                )
            order by due.available_at, due.event_id
            limit v_most - v_mails
            for update skip locked
        loop
            v_mails := v_mails + 1;
            if v_first.parcel_id is not null then
                v_parcel := array(
                    select companion.id
                    from notifier.emails as companion
                    where companion.parcel_id = v_first.parcel_id and companion.status = 'in_doubt'
                    order by companion.id
                    for update skip locked
                );
                -- Not all of the request is locked: a worker is recording what became of one of its mails.
                continue when exists (
                    select from notifier.emails as companion
                    where
                        companion.parcel_id = v_first.parcel_id
                        and companion.status in ('claimed', 'sending', 'in_doubt')
                        and companion.id <> all(v_parcel)
                    offset 0
                );
                v_locked := v_locked || notifier.with_carried(v_parcel);
                continue;
            end if;
            v_locked := v_locked || v_first.id;
            if v_first.status = 'in_doubt' then
                v_locked := v_locked || array(
                    select carried.id from notifier.emails as carried where carried.carried_by = v_first.id
                );
            elsif v_first.transaction_id is not null then
                v_locked := v_locked || array(
                    select sibling.id
                    from notifier.emails as sibling
                    where
                        sibling.transaction_id = v_first.transaction_id
                        and sibling.recipient_id = v_first.recipient_id
                        and sibling.id <> v_first.id
                        and sibling.status = 'queued'
                        and sibling.available_at <= v_now
                        and not exists (
                            select from notifier.emails as earlier
                            where
                                earlier.session_id = sibling.session_id
                                and earlier.recipient_id = sibling.recipient_id
                                and earlier.topic = sibling.topic
                                and earlier.event_id < sibling.event_id
                                and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                            offset 0
                        )
                    order by sibling.event_id
                    limit 199
                    for update skip locked
                );
            end if;
            exit when cardinality(v_locked) >= 2000;
        end loop;
        if v_mails > 0 then
            v_most := least(max_emails, v_mails + 5);
        end if;
        exit when v_mails >= v_most or cardinality(v_locked) >= 2000;
    end loop;
    return v_locked;
end
$$;
comment on function notifier.lock_due_emails(integer) is
    'Locks the oldest due mails, urgent ones first, that nobody else holds and that follow no unfinished one, with all rows that go out in them, and returns their ids.';
revoke execute on function notifier.lock_due_emails(integer) from public;
