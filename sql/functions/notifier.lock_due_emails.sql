-- The first half of a claim: an ordered index scan that stops after max_emails mails, with one look at an index for
-- each. Urgent mails have a scan of their own, before the others, so that they wait for urgent ones only. A claim with
-- urgent mails takes up to five others: few, because the claim has to decide what each of them says before the urgent
-- ones can go; some, so that a steady trickle of urgent mail does not hold up all the rest.
--
-- Rows of one transaction for one person go together. The scan finds only the first of them that may be sent, an urgent
-- one if there is any, and the others are locked under its lock: so two claims at once do not tear them apart. Those
-- that are not due, or follow an unfinished mail, go by themselves later. With a mail in doubt go the rows that it
-- carried. A mail has at most 200 parts, and a claim ends once it has four times as many rows as mails were asked for:
-- it is rows that take time, and whatever is urgent waits for the claim under way.
--
-- Mails that were handed over in one request are in doubt together, and are claimed together: the request is repeated
-- under its key, which stands for all of them. The scan finds the mail with the lowest id, once no worker holds any of
-- them.
--
-- The queue may be empty now and hold 100,000 mails a second later, so the planner's statistics are wrong when it
-- matters: by plans with joins, which looked harmless while the queue was empty, a claim took 1.6 to 7 s. So these
-- functions have settings that leave only index scans (and no JIT, which the high price of disabled plans would switch
-- on), `offset 0`, which keeps a subquery from becoming a join, and orders that only the intended index can serve. With
-- the shape of the plans fixed that way, they are made once per connection. Planning each time doubled the time from
-- COMMIT to the mail server's 250, and a claim of 100 out of 100,000 mails by plans made while the queue was empty is
-- no slower (23 ms against 28).
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
    c_most_rows constant bigint := 4::bigint * max_emails;
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
                        -- Else, in a table that was never analyzed, an index of other columns would seem as good.
                        order by sibling.event_id
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
            exit when cardinality(v_locked) >= c_most_rows;
        end loop;
        if v_mails > 0 then
            v_most := least(max_emails, v_mails + 5);
        end if;
        exit when v_mails >= v_most or cardinality(v_locked) >= c_most_rows;
    end loop;
    return v_locked;
end
$$;
comment on function notifier.lock_due_emails(integer) is
    'Locks the oldest due mails, urgent ones first, that nobody else holds and that follow no unfinished one, with all rows that go out in them, and returns their ids.';
revoke execute on function notifier.lock_due_emails(integer) from public;
