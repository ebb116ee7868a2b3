-- The first half of a claim: an ordered index scan that stops after max_emails rows, with one look at an index for
-- each.
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
begin
    return array(
        select due.id
        from notifier.emails as due
        where
            due.status in ('queued', 'in_doubt')
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
        order by due.available_at, due.event_id
        limit max_emails
        for update skip locked
    );
end
$$;
comment on function notifier.lock_due_emails(integer) is
    'Locks the oldest due mails that nobody else holds and that follow no unfinished one, and returns their ids.';
revoke execute on function notifier.lock_due_emails(integer) from public;
