-- Retention. What the outbox keeps of a session is forgotten as a whole, some time after the session is over: until
-- then it is how a claim knows what a person was told. In batches of rows, each call a short transaction, so that
-- nobody waits for it, and vacuum, which the tables' settings make frequent, gives the room to the rows to come: the
-- tables stay as large as what they hold. Partitions, the other way, would be dropped without leaving anything to
-- vacuum; but the unique keys that make expansion and retries harmless would have to contain the partition's key, and a
-- record does not age by its rows but by its session's end.
--
-- Events are read from the oldest on, past those of sessions that are kept: a call looks at 1,000 of them at most and
-- says how far it has got, so that the next need not begin again.
--
-- What providers told of mails, and webhooks, go by their own age.
--
-- One call at a time; others return at once. Security definer: role notifier may call the queue's functions and read
-- nothing.
create function notifier.purge(older_than interval, max_rows integer default 5000, after bigint default 0)
returns table (emails integer, events integer, more boolean, reached bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_ends_before timestamptz := clock_timestamp() - purge.older_than;
    v_left integer := purge.max_rows;
    v_looks constant integer := 1000;
    v_looked integer := 0;
    v_seen uuid[] := array[]::uuid[];
    v_event record;
    v_deleted integer;
begin
    if purge.older_than is null
        or purge.older_than < interval '0'
        or purge.max_rows is null
        or purge.max_rows < 1
        or purge.after is null
        then
        raise exception using
            errcode = '22023',
            message = 'older_than must not be negative, max_rows must be positive and after an event''s id',
            hint = 'Send how long a record is kept, such as 1 year, a batch size, and what the last call reached or 0.';
    end if;
    emails := 0;
    events := 0;
    more := false;
    reached := purge.after;
    if not pg_try_advisory_xact_lock('notifier.events'::regclass::integer, 1) then
        return next;
        return;
    end if;
    for v_event in
        select
            event.id,
            event.session_id,
            event.created_at
        from notifier.events as event
        where event.id > purge.after
        order by event.id
        limit v_looks + 1 -- one more tells whether there are more; without a limit they might all be read and sorted
    loop
        -- Ids rise with created_at, but not strictly, since transactions draw them at once: hence the hour.
        exit when v_event.created_at > v_ends_before + interval '1 hour';
        if v_looked >= v_looks then
            more := true;
            exit;
        end if;
        v_looked := v_looked + 1;
        reached := v_event.id;
        continue when v_event.session_id = any(v_seen);
        v_seen := v_seen || v_event.session_id;
        continue when
            exists (
                select from public.success_sessions as session
                where
                    session.id = v_event.session_id
                    and (session.end_time > v_ends_before or session.status in ('upcoming', 'live'))
            )
            or exists (
                select
                from (
                    select of_session.* from notifier.events as of_session
                    where of_session.session_id = v_event.session_id
                    offset 0
                ) as recent
                where recent.created_at > v_ends_before or recent.expanded_at is null
            )
            or exists (
                select from notifier.emails as unfinished
                where
                    unfinished.session_id = v_event.session_id
                    and unfinished.status in ('queued', 'claimed', 'sending', 'in_doubt')
            );
        delete from notifier.emails as email
        where email.id = any(
            array(
                select told.id
                from notifier.events as event
                cross join lateral (
                    select finished.id from notifier.emails as finished where finished.event_id = event.id offset 0
                ) as told
                where event.session_id = v_event.session_id
                limit v_left
            )
        );
        get diagnostics v_deleted = row_count;
        emails := emails + v_deleted;
        v_left := v_left - v_deleted;
        if v_left > 0 then
            delete from notifier.events as event where event.session_id = v_event.session_id;
            get diagnostics v_deleted = row_count;
            events := events + v_deleted;
            v_left := v_left - v_deleted;
        end if;
        if v_left <= 0 then
            more := true;
            reached := v_event.id - 1;
            exit;
        end if;
    end loop;
    -- Nobody asks what an enrollment was before the oldest event.
    delete from notifier.enrollment_changes as forgotten
    where forgotten.id = any(
        array(
            select settled.id
            from notifier.enrollment_changes as settled
            where
                settled.position < coalesce(
                    (select oldest.id from notifier.events as oldest order by oldest.id limit 1), 9223372036854775807
                )
                and settled.created_at < v_ends_before
            order by settled.position, settled.student_id
            limit greatest(v_left, 1)
        )
    );
    get diagnostics v_deleted = row_count;
    more := more or v_deleted >= greatest(v_left, 1);
    v_left := v_left - v_deleted;
    delete from notifier.mail_events as told
    where told.id = any(
        array(
            select heard.id
            from notifier.mail_events as heard
            where heard.created_at < v_ends_before
            order by heard.created_at
            limit greatest(v_left, 1)
        )
    );
    get diagnostics v_deleted = row_count;
    more := more or v_deleted >= greatest(v_left, 1);
    delete from notifier.webhook_deliveries as delivery
    where delivery.id = any(
        array(
            select finished.id
            from notifier.webhook_deliveries as finished
            where finished.created_at < v_ends_before and finished.status in ('sent', 'dead')
            order by finished.created_at
            limit greatest(v_left, 1)
        )
    );
    get diagnostics v_deleted = row_count;
    more := more or v_deleted >= greatest(v_left, 1);
    return next;
end
$$;
comment on function notifier.purge(interval, integer, bigint) is
    'Forgets events and mails of sessions that have been over, or deleted, for older_than, about max_rows rows per call: how many of each, and whether to call again, with what is reached as after. Unfinished mails keep their session''s record.';
revoke execute on function notifier.purge(interval, integer, bigint) from public;
grant execute on function notifier.purge(interval, integer, bigint) to notifier;
