-- What operators and monitors ask of the outbox.

-- == For operators ===================================================================================================

-- What a monitor asks every few seconds: unlike notifier.queue_status() it reads what is unfinished or dead and nothing
-- else, each by an index that holds only that. What a worker has in hand waits as well: behind a mail server that takes
-- it and does not answer, all that is due may be held. A mail that follows an unfinished one does not: its turn comes
-- with that one's, which a busy mailbox may put off by an hour. Security definer: role notifier may call the queue's
-- functions and read nothing.
create function notifier.queue_metrics()
returns table (
    queued bigint,
    urgent bigint,
    held bigint,
    in_doubt bigint,
    dead bigint,
    events bigint,
    oldest_seconds double precision
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    return query
    select
        waiting.queued,
        waiting.urgent,
        held.held,
        waiting.in_doubt,
        (
            select count(*)
            from notifier.emails as email
            where email.status = 'dead' and email.carried_by is null
        ),
        unexpanded.events,
        -- An event may be younger than v_now.
        extract(epoch from v_now - least(due.since, held.since, unexpanded.since, v_now))::double precision
            * case when num_nonnulls(due.since, held.since, unexpanded.since) > 0 then 1 end
    from (
        select
            count(*) filter (where email.status = 'queued') as queued,
            count(*) filter (where email.urgent) as urgent,
            count(*) filter (where email.status = 'in_doubt') as in_doubt
        from notifier.emails as email
        where email.status in ('queued', 'in_doubt') and email.carried_by is null
    ) as waiting
    cross join (
        select min(first_due.available_at) as since
        from (values (true), (false)) as urgency (urgent)
        cross join lateral (
            select email.available_at
            from notifier.emails as email
            where
                email.status in ('queued', 'in_doubt')
                and email.carried_by is null
                and email.urgent = urgency.urgent
                and email.available_at <= v_now
                and not exists (
                    select from notifier.emails as earlier
                    where
                        earlier.session_id = email.session_id
                        and earlier.recipient_id = email.recipient_id
                        and earlier.topic = email.topic
                        and earlier.event_id < email.event_id
                        and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                    offset 0
                )
            order by email.available_at, email.event_id
            limit 1
        ) as first_due
    ) as due
    cross join (
        select
            count(*) as held,
            min(email.available_at) as since
        from notifier.emails as email
        where email.status in ('claimed', 'sending') and email.carried_by is null
    ) as held
    cross join (
        select
            count(*) as events,
            min(event.created_at) as since
        from notifier.events as event
        where event.expanded_at is null
    ) as unexpanded;
end
$$;
comment on function notifier.queue_metrics() is
    'The queue in numbers, without reading its record: mails queued, urgent among the waiting, held by workers, in doubt, dead; events not expanded; and for how many seconds the oldest due mail, held or not, or event has waited, null for none.';
revoke execute on function notifier.queue_metrics() from public;
grant execute on function notifier.queue_metrics() to notifier;

-- For operators. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.workers()
returns table (worker text, emails bigint, lease_until timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        held.claimed_by,
        count(*),
        min(held.lease_until)
    from notifier.emails as held
    where held.status in ('claimed', 'sending') and held.carried_by is null
    group by held.claimed_by
    order by held.claimed_by;
end
$$;
comment on function notifier.workers() is
    'Which workers hold mails now, how many, and when the first of these leases ends unless it is extended. Idle workers hold none.';
revoke execute on function notifier.workers() from public;
grant execute on function notifier.workers() to notifier;

create function notifier.check_max_rows(max_rows integer)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if max_rows < 0 then
        raise exception using
            errcode = '22023',
            message = 'max_rows must not be negative',
            hint = 'Send how many to list at most; null lists all.';
    end if;
end
$$;
comment on function notifier.check_max_rows(integer) is
    'Refuses with 22023 a negative number of rows to list; null is for all.';
revoke execute on function notifier.check_max_rows(integer) from public;

-- For operators. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.dead_emails(max_rows integer default 100)
returns table (
    email_id uuid,
    kind text,
    session_id uuid,
    recipient_id uuid,
    attempts integer,
    created_at timestamptz,
    last_error text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notifier.check_max_rows(max_rows);
    return query
    select
        email.id,
        email.kind::text,
        email.session_id,
        email.recipient_id,
        email.attempts,
        email.created_at,
        email.last_error
    from notifier.emails as email
    where email.status = 'dead' and email.carried_by is null
    order by email.created_at desc, email.id
    limit max_rows;
end
$$;
comment on function notifier.dead_emails(integer) is
    'Mails that were given up, newest first, at most max_rows (null: all): what they were about, to whom (user id), and why. Rows that went out in one mail count as one.';
revoke execute on function notifier.dead_emails(integer) from public;
grant execute on function notifier.dead_emails(integer) to notifier;

-- For operators. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.emails_in_doubt(max_rows integer default 100)
returns table (
    email_id uuid,
    kind text,
    session_id uuid,
    recipient_id uuid,
    in_doubt_at timestamptz,
    available_at timestamptz,
    last_error text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notifier.check_max_rows(max_rows);
    return query
    select
        email.id,
        email.kind::text,
        email.session_id,
        email.recipient_id,
        email.in_doubt_at,
        email.available_at,
        email.last_error
    from notifier.emails as email
    where
        email.status in ('queued', 'claimed', 'sending', 'in_doubt')
        and email.in_doubt_at is not null
        and email.carried_by is null
    order by email.in_doubt_at desc, email.id
    limit max_rows;
end
$$;
comment on function notifier.emails_in_doubt(integer) is
    'Unfinished mails that may have been sent already, the latest doubt first, at most max_rows (null: all). Each is repeated as it was from available_at on.';
revoke execute on function notifier.emails_in_doubt(integer) from public;
grant execute on function notifier.emails_in_doubt(integer) to notifier;

-- For operators: everything the outbox knows of one mail. Security definer: role notifier may call the queue's
-- functions and read nothing.
create function notifier.email_history(email_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_history jsonb;
begin
    select
        jsonb_strip_nulls(to_jsonb(email))
        || jsonb_build_object(
            'title', event.new -> 'title',
            'event', jsonb_build_object(
                'created_at', event.created_at,
                'changes', notifier.session_changes(event.old, event.new)
            ),
            'mail_events', coalesce(
                (
                    select
                        jsonb_agg(
                            jsonb_build_object('kind', told.kind, 'occurred_at', told.occurred_at)
                            order by told.occurred_at, told.id
                        )
                    from notifier.mail_events as told
                    where told.email_id = email.id
                ),
                '[]'
            ),
            'carries', array(
                select carried.id
                from notifier.emails as carried
                where carried.carried_by = email.id
                order by carried.id
            )
        )
    into v_history
    from notifier.emails as email
    inner join notifier.events as event on email.event_id = event.id
    where email.id = email_history.email_id;
    return v_history;
end
$$;
comment on function notifier.email_history(uuid) is
    'One mail as the outbox knows it: its columns that are not null, the title of its session, the event it tells of, what the provider told of it and the rows it carries; null for an unknown one. Holds user ids, no address.';
revoke execute on function notifier.email_history(uuid) from public;
grant execute on function notifier.email_history(uuid) to notifier;

create function notifier.lock_dead_emails(email_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select dead.id
        from (
            select email.*
            from notifier.emails as email
            where
                email.status = 'dead'
                and email.carried_by is null
                and (lock_dead_emails.email_ids is null or email.id = any(lock_dead_emails.email_ids))
            order by email.id
            offset 0
            for update
        ) as dead
        where dead.status = 'dead'
    );
end
$$;
comment on function notifier.lock_dead_emails(uuid[]) is
    'Locks those of these mails that are dead (null: all that are), in the order of their ids, and returns the ids; carried rows follow their carrier.';
revoke execute on function notifier.lock_dead_emails(uuid[]) from public;

-- For operators, once the cause is gone. What a mail says is decided anew, unless it may have been sent already: then
-- it is repeated as it was. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.retry_emails(email_ids uuid[] default null)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_dead uuid[] := notifier.lock_dead_emails(email_ids);
begin
    update notifier.emails as email
    set
        status = case when email.in_doubt_at is null then 'queued' else 'in_doubt' end::notifier.email_status,
        carried_by = case when email.in_doubt_at is not null then email.carried_by end,
        -- The rest of the request is long settled: its key says nothing of this mail any more.
        parcel_id = null,
        attempts = 0,
        available_at = clock_timestamp()
    where email.id = any(notifier.with_carried(v_dead));
    perform pg_notify('notifier', '');
    return cardinality(v_dead);
end
$$;
comment on function notifier.retry_emails(uuid[]) is
    'Gives dead mails (null: all) another round of attempts, from now; returns how many. Those that are not dead are left alone.';
revoke execute on function notifier.retry_emails(uuid[]) from public;
grant execute on function notifier.retry_emails(uuid[]) to notifier;

-- For operators: a dead mail that is not worth another attempt is put away, so that `dead` above zero means something.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.discard_emails(email_ids uuid[] default null)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_dead uuid[] := notifier.lock_dead_emails(email_ids);
begin
    update notifier.emails as email
    set status = 'skipped', skip_reason = 'discarded', carried_by = null
    where email.id = any(notifier.with_carried(v_dead));
    return cardinality(v_dead);
end
$$;
comment on function notifier.discard_emails(uuid[]) is
    'Puts dead mails (null: all) away as skipped, reason discarded; returns how many. Those that are not dead are left alone.';
revoke execute on function notifier.discard_emails(uuid[]) from public;
grant execute on function notifier.discard_emails(uuid[]) to notifier;

-- For operators, when mails were accepted and then lost, by a mail server or a filter: tells everybody again what an
-- event told. It is a new event from the same old state to what holds now, so that everything else is decided as ever:
-- who is still to be told, what is true, what is too late. The session is locked first, because the ids of its events
-- rise in the order of its changes.
--
-- The end of a session is not expanded again: its attendance is final, other systems have heard of it, and who was
-- warned is known. What would reach nobody is refused: an operator who is told that it is told again believes it.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.replay_event(event_id bigint, out replayed_as bigint, out left_out notifier.email_kind[])
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    c_whole_session constant text :=
        'Replay the event that made the session instead: it reaches all who take part in it now.';
    v_event notifier.events;
    v_session public.success_sessions;
    v_now jsonb;
    v_kind notifier.email_kind;
    v_refusal text;
    v_hint text;
begin
    select event.* into v_event from notifier.events as event where event.id = replay_event.event_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('there is no event %s', coalesce(replay_event.event_id::text, 'null')),
            hint = 'Events are kept as long as notifier.purge() leaves them.';
    end if;
    select session.* into v_session
    from public.success_sessions as session
    where session.id = v_event.session_id
    for no key update;
    if found then
        v_now := notifier.session_snapshot(v_session);
    end if;

    if v_now is null then
        v_refusal := 'the session of event %s has been deleted';
        v_hint := 'There is nothing left to tell of it.';
    elsif v_event.expanded_at is null then
        v_refusal := 'event %s has not been told yet';
        v_hint := 'A notifier that runs tells it.';
    elsif v_event.enrollment_position is not null then
        v_refusal := 'event %s told those who came to the session, or left it, and cannot be told again';
        v_hint := c_whole_session;
    elsif v_event.topic = 'reminder' then
        v_refusal := 'event %s is a reminder, which has had its time';
        v_hint := c_whole_session;
    elsif v_event.topic = 'registration' and not (
        notifier.is_open(v_now)
        and exists (
            select from public.session_registrations as registration
            where
                registration.session_id = v_event.session_id
                and registration.student_id = v_event.student_id
                and registration.status = 'registered'
            offset 0
        )
    ) then
        v_refusal := 'the seat that event %s told of is none any more';
        v_hint := 'There is nothing left to tell of it.';
    elsif v_event.topic = 'recording' and not exists (
        select from public.session_recordings as recording
        where
            recording.id = v_event.recording_id
            and recording.is_published
            and recording.available_from <= clock_timestamp()
            and (recording.available_until > clock_timestamp()) is not false
        offset 0
    ) then
        v_refusal := 'the recording that event %s told of cannot be watched any more';
        v_hint := 'Publish it again first.';
    elsif v_event.topic = 'invitation' then
        if v_session.status = 'completed'
            or greatest(v_session.end_time, (v_event.old ->> 'end_time')::timestamptz) <= clock_timestamp()
        then
            v_refusal := 'the session of event %s is over';
            v_hint := 'Of what is over only summary and recordings are told, which have events of their own.';
        -- As notifier.event_candidates has it.
        elsif notifier.is_open(v_event.old) = notifier.is_open(v_now)
            and (
                not notifier.is_open(v_now)
                or (
                    (v_event.old ->> 'course_id', v_event.old ->> 'batch_id')
                    is not distinct from (v_now ->> 'course_id', v_now ->> 'batch_id')
                    and notifier.session_changes(v_event.old, v_now) = '{}'
                    and v_event.participants_added || v_event.participants_removed = '{}'
                )
            )
        then
            v_refusal := 'the session is again as it was before event %s';
            v_hint := 'There is nothing left to tell of it.';
        end if;
    end if;
    if v_refusal is not null then
        raise exception using errcode = 'PT409', message = format(v_refusal, v_event.id), hint = v_hint;
    end if;

    left_out := array(
        select distinct hanging.kind
        from notifier.emails as hanging
        where hanging.event_id = v_event.id and hanging.topic = 'week'
    );
    if v_event.topic = 'registration' then
        select email.kind into v_kind
        from notifier.emails as email
        where email.event_id = v_event.id and email.topic = 'registration'
        limit 1;
        perform notifier.tell_registration(
            v_session.id, array[v_event.student_id], coalesce(v_kind, 'registration_confirmed')
        );
        select max(event.id) into replayed_as
        from notifier.events as event
        where event.session_id = v_session.id;
        return;
    end if;
    insert into notifier.events (
        session_id, recording_id, old, new, participants_added, participants_removed, expanded_at
    )
    values (
        v_event.session_id,
        v_event.recording_id,
        v_event.old,
        v_now,
        v_event.participants_added,
        v_event.participants_removed,
        case v_event.topic when 'summary' then clock_timestamp() end
    )
    returning id into replayed_as;
    if v_event.topic = 'summary' then
        insert into notifier.emails (event_id, session_id, recipient_id, kind)
        select
            replayed_as,
            v_session.id,
            told.recipient_id,
            told.kind
        from (
            select
                v_session.mentor_id as recipient_id,
                'attendance_summary'::notifier.email_kind as kind
            where v_session.mentor_id is not null
            union all
            select
                warned.recipient_id,
                warned.kind
            from notifier.emails as warned
            where warned.event_id = v_event.id and warned.topic = 'warning'
        ) as told
        order by told.recipient_id;
        if not found then
            raise exception using
                errcode = 'PT409',
                message = format('event %s concerns nobody any more', v_event.id),
                hint = 'A session''s summary is its mentor''s, and it has none.';
        end if;
    end if;
end
$$;
comment on function notifier.replay_event(bigint) is
    'Tells again what an event told, as it is now, to those whom it still concerns; returns the new event''s id, and the kinds of mail that hang on the event and are not told again. PT404: no such event; PT409: it cannot be told again, and why.';
revoke execute on function notifier.replay_event(bigint) from public;
grant execute on function notifier.replay_event(bigint) to notifier;

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

-- Retention that nobody has to remember: one pass a day over what is old enough to be forgotten, in batches that a mail
-- does not notice, at most one a second over all workers. A day on which no clock ticks has nothing to forget.
create function notifier.purge_by_clock(at timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch constant integer := 1000;
    v_months public.app_settings.outbox_retention_months%type;
    v_clock notifier.purge_clock;
    v_purged record;
begin
    select settings.outbox_retention_months into v_months from public.app_settings as settings;
    if v_months is null then
        return;
    end if;
    select clock.* into v_clock
    from notifier.purge_clock as clock
    where clock.due_at <= purge_by_clock.at
    for update skip locked;
    if not found then
        return;
    end if;
    select * into v_purged
    from notifier.purge(make_interval(months => v_months), v_batch, coalesce(v_clock.reached, 0));
    update notifier.purge_clock as clock
    set
        due_at = purge_by_clock.at + case when v_purged.more then interval '1 second' else interval '1 day' end,
        reached = case when v_purged.more then v_purged.reached end
    where clock.id;
end
$$;
comment on function notifier.purge_by_clock(timestamptz) is
    'Forgets the next batch of what app_settings.outbox_retention_months leaves out, if it is due at that instant and nobody else is at it.';
revoke execute on function notifier.purge_by_clock(timestamptz) from public;

-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.set_send_limit(domain text, per_minute integer)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if domain is null or not (domain = '*' or domain ~ '^[A-Za-z0-9.\-]{1,253}$') then
        raise exception using
            errcode = '22023',
            message = 'domain is not a mail domain',
            hint = 'Send what follows the @, such as example.com, or * for all mail.';
    end if;
    if per_minute not between 1 and 1000000 then
        raise exception using
            errcode = '22023',
            message = 'per_minute must be from 1 to 1000000',
            hint = 'Send null to lift the limit.';
    end if;
    if per_minute is null then
        delete from notifier.send_limits as held where held.domain = private.lower_address(set_send_limit.domain);
        return;
    end if;
    insert into notifier.send_limits as held (domain, per_minute)
    values (private.lower_address(set_send_limit.domain), set_send_limit.per_minute)
    on conflict on constraint send_limits_pkey do update set per_minute = excluded.per_minute;
end
$$;
comment on function notifier.set_send_limit(text, integer) is
    'At most so many mails a minute to a domain, or in all (*), over all workers; null lifts the limit. Mails that have been given a later turn keep it. 22023: bad argument.';
revoke execute on function notifier.set_send_limit(text, integer) from public;
grant execute on function notifier.set_send_limit(text, integer) to notifier;

-- For operators. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.list_send_limits()
returns table (domain text, per_minute integer, next_turn_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        held.domain,
        held.per_minute,
        held.next_turn_at
    from notifier.send_limits as held
    order by held.domain;
end
$$;
comment on function notifier.list_send_limits() is
    'The limits in force, and until when turns have been given out: in the past, nothing is held back.';
revoke execute on function notifier.list_send_limits() from public;
grant execute on function notifier.list_send_limits() to notifier;

-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.suppress_address(address text, reason text default 'operator')
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if address is null or address !~ '^[^@[:space:]]+@[^@[:space:]]+$' then
        raise exception using
            errcode = '22023',
            message = 'address is not a mail address',
            hint = 'Send one like name@example.com, without a display name.';
    end if;
    if reason is null or reason not in ('operator', 'bounced', 'complained', 'refused') then
        raise exception using
            errcode = '22023',
            message = 'reason must be operator, bounced, complained or refused',
            hint = 'Leave it out when somebody said so.';
    end if;
    insert into notifier.suppressions as known (address_hash, reason, suppressed_at)
    values (notifier.address_hash(address), suppress_address.reason, clock_timestamp())
    on conflict (address_hash) do update
        set reason = excluded.reason, suppressed_at = excluded.suppressed_at
        where known.suppressed_at is null;
    return found;
end
$$;
comment on function notifier.suppress_address(text, text) is
    'No mail is sent to this address any more; reason: operator, bounced, complained or refused. False when that was so already. The address itself is not stored.';
revoke execute on function notifier.suppress_address(text, text) from public;
grant execute on function notifier.suppress_address(text, text) to notifier;

-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.unsuppress_address(address text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from notifier.suppressions as known
    where known.address_hash = notifier.address_hash(unsuppress_address.address);
    return found;
end
$$;
comment on function notifier.unsuppress_address(text) is
    'Mail is sent to this address again, from the next mail on; its strikes are forgotten. False when nothing was known of it.';
revoke execute on function notifier.unsuppress_address(text) from public;
grant execute on function notifier.unsuppress_address(text) to notifier;

-- For operators. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.suppressed_addresses(address text default null, max_rows integer default 100)
returns table (address_hash text, reason text, strikes integer, suppressed_at timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notifier.check_max_rows(max_rows);
    return query
    select
        encode(known.address_hash, 'hex'),
        known.reason,
        known.strikes,
        known.suppressed_at
    from notifier.suppressions as known
    where
        case
            when suppressed_addresses.address is null then known.suppressed_at is not null
            else known.address_hash = notifier.address_hash(suppressed_addresses.address)
        end
    order by known.suppressed_at desc nulls last
    limit max_rows;
end
$$;
comment on function notifier.suppressed_addresses(text, integer) is
    'Hashes of the addresses that no mail is sent to, the latest first, at most max_rows (null: all); or what is known of one address, strikes included.';
revoke execute on function notifier.suppressed_addresses(text, integer) from public;
grant execute on function notifier.suppressed_addresses(text, integer) to notifier;

create function notifier.was_sent_since(recipient_id uuid, since timestamptz)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from notifier.emails as mail
        where
            mail.recipient_id = was_sent_since.recipient_id
            and mail.status in ('sent', 'skipped', 'dead')
            and mail.sent_at > since
    )
    or exists (
        select from notifier.report_mails as report
        where report.recipient_id = was_sent_since.recipient_id and report.sent_at > since
    );
end
$$;
comment on function notifier.was_sent_since(uuid, timestamptz) is
    'Whether a mail to this person was accepted after that moment.';
revoke execute on function notifier.was_sent_since(uuid, timestamptz) from public;

-- A server that says once that there is no such mailbox may be in the middle of a migration; one that says so of
-- several mails in a row means it. Deferrals and full mailboxes do not count. Security definer: role notifier may call
-- the queue's functions and read nothing.
create function notifier.note_unknown_mailbox(email_id uuid, suppress_after integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_address text;
    v_recipient_id uuid;
    v_starts_anew boolean;
    v_suppressed_at timestamptz;
begin
    if suppress_after is null or suppress_after < 1 then
        raise exception using errcode = '22023', message = 'suppress_after must be positive';
    end if;
    select
        account.email,
        account.id
    into v_address, v_recipient_id
    from (
        select email.recipient_id
        from notifier.emails as email
        where email.id = note_unknown_mailbox.email_id and email.status = 'dead'
        union all
        select report.recipient_id
        from notifier.report_mails as report
        where report.id = note_unknown_mailbox.email_id and report.refused_at is not null
    ) as mail
    inner join auth.users as account on mail.recipient_id = account.id;
    if v_address is null then
        return false;
    end if;
    v_starts_anew := (
        select
            known.last_strike_at <= v_now - interval '90 days'
            or notifier.was_sent_since(v_recipient_id, known.last_strike_at)
        from notifier.suppressions as known
        where
            known.address_hash = notifier.address_hash(v_address)
            and known.suppressed_at is null
            and known.strikes > 0
    );
    insert into notifier.suppressions as known (address_hash, reason, strikes, last_strike_at, suppressed_at)
    values (
        notifier.address_hash(v_address), 'refused', 1, v_now, case when suppress_after = 1 then v_now end
    )
    on conflict (address_hash) do update
        set
            strikes = case when v_starts_anew then 0 else known.strikes end + 1,
            last_strike_at = v_now,
            suppressed_at = coalesce(
                known.suppressed_at,
                case
                    when case when v_starts_anew then 0 else known.strikes end + 1 >= suppress_after then v_now
                end
            )
    returning known.suppressed_at into v_suppressed_at;
    return v_suppressed_at is not null;
end
$$;
comment on function notifier.note_unknown_mailbox(uuid, integer) is
    'Counts that a mail server refused this mail, now dead, or this mail of a report, because there is no such mailbox; from suppress_after such mails in a row on, each within 90 days of the one before, the address is suppressed. Whether it is.';
revoke execute on function notifier.note_unknown_mailbox(uuid, integer) from public;
grant execute on function notifier.note_unknown_mailbox(uuid, integer) to notifier;

-- Security definer: it is the API of the edge functions; the outbox is closed to the service role. Hearing of an event
-- twice changes nothing. The address is hashed here and kept nowhere.
create function public.record_mail_event(
    event_id text,
    kind text,
    occurred_at timestamptz,
    email_id uuid default null,
    address text default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if event_id is null or length(event_id) not between 1 and 200 then
        raise exception using
            errcode = '22023',
            message = 'event_id must have 1 to 200 characters',
            hint = 'Send the id that the provider gives the event.';
    end if;
    if kind is null or kind not in ('delivered', 'delayed', 'bounced', 'soft_bounced', 'complained', 'failed') then
        raise exception using
            errcode = '22023',
            message = format(
                'kind must be delivered, delayed, bounced, soft_bounced, complained or failed, not %s',
                coalesce(quote_literal(left(kind, 50)), 'null')
            ),
            hint = 'Leave out events of other kinds.';
    end if;
    if occurred_at is null then
        raise exception using
            errcode = '22023',
            message = 'occurred_at must not be null',
            hint = 'Send the time that the provider gives the event.';
    end if;
    insert into notifier.mail_events (id, email_id, kind, occurred_at)
    values (
        record_mail_event.event_id,
        record_mail_event.email_id,
        record_mail_event.kind,
        record_mail_event.occurred_at
    )
    on conflict (id) do nothing;
    if not found then
        return 'repeated';
    end if;
    if kind in ('bounced', 'complained') and address is not null then
        perform notifier.suppress_address(address, kind);
    end if;
    return 'recorded';
end
$$;
comment on function public.record_mail_event(text, text, timestamptz, uuid, text) is
    'For the provider''s webhook, as service_role: what became of an accepted mail (delivered, delayed, bounced for good, soft_bounced, complained, failed). After bounced and complained no mail is sent to the address any more. Returns recorded, or repeated for an event_id that is known. 22023: bad argument.';
revoke execute on function public.record_mail_event(text, text, timestamptz, uuid, text)
from public, anon, authenticated;
grant execute on function public.record_mail_event(text, text, timestamptz, uuid, text) to service_role;

-- Hands a worker due webhooks, oldest first, and those whose worker has not been heard of until its lease ended. An
-- attempt is counted here. Those of an endpoint that was switched off meanwhile are given up on the way. What an
-- endpoint has under way is answered before it is sent more: one that takes long for each would keep others waiting.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.claim_webhooks(worker text, max_deliveries integer, lease interval)
returns setof notifier.claimed_webhook
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_claim_id uuid := gen_random_uuid();
    v_busy uuid[];
    v_due uuid[];
begin
    if max_deliveries is null or max_deliveries < 1 or lease is null or lease <= interval '0' then
        raise exception using errcode = '22023', message = 'max_deliveries and lease must be positive';
    end if;
    v_busy := array(
        select distinct held.endpoint_id
        from notifier.webhook_deliveries as held
        where held.status = 'claimed' and held.available_at > v_now
    );
    v_due := array(
        select due.id
        from notifier.webhook_deliveries as due
        where
            due.status in ('queued', 'claimed')
            and due.available_at <= v_now
            and due.endpoint_id <> all(v_busy)
        order by due.available_at, due.id
        limit max_deliveries
        for update skip locked
    );
    if v_due = '{}' then
        return;
    end if;
    update notifier.webhook_deliveries as given_up
    set status = 'dead', last_error = 'the endpoint is switched off'
    from public.webhook_endpoints as endpoint
    where given_up.id = any(v_due) and given_up.endpoint_id = endpoint.id and not endpoint.is_active;
    update notifier.webhook_deliveries as given_up
    set status = 'dead', last_error = format('the lease of worker %s ran out', given_up.claimed_by)
    where given_up.id = any(v_due) and given_up.status = 'claimed' and notifier.retry_delay(given_up.attempts) is null;
    return query
    with claimed as (
        update notifier.webhook_deliveries as delivery
        set
            status = 'claimed',
            attempts = delivery.attempts + 1,
            claim_id = v_claim_id,
            claimed_by = worker,
            available_at = v_now + lease
        where delivery.id = any(v_due) and delivery.status in ('queued', 'claimed')
        returning delivery.*
    )
    select
        claimed.id,
        claimed.claim_id,
        claimed.endpoint_id,
        endpoint.url,
        claimed.event_type,
        claimed.payload::text,
        array(
            select secret.decrypted_secret
            from vault.decrypted_secrets as secret
            where
                secret.name = private.webhook_secret_name(endpoint.id)
                or (
                    endpoint.previous_secret_until > v_now
                    and secret.name = private.webhook_secret_name(endpoint.id, true)
                )
            order by secret.name
        ),
        claimed.attempts
    from claimed
    inner join public.webhook_endpoints as endpoint on claimed.endpoint_id = endpoint.id
    order by claimed.created_at, claimed.id;
end
$$;
comment on function notifier.claim_webhooks(text, integer, interval) is
    'Claims up to max_deliveries due webhooks for a worker until the lease ends, with all it needs to send them.';
revoke execute on function notifier.claim_webhooks(text, integer, interval) from public;
grant execute on function notifier.claim_webhooks(text, integer, interval) to notifier;

-- The heartbeat of a worker that waits for an endpoint's answer longer than its lease.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.extend_webhook(claim uuid, delivery_id uuid, lease interval)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update notifier.webhook_deliveries as delivery
    set available_at = clock_timestamp() + extend_webhook.lease
    where
        delivery.id = extend_webhook.delivery_id
        and delivery.claim_id = claim
        and delivery.status = 'claimed';
    return found;
end
$$;
comment on function notifier.extend_webhook(uuid, uuid, interval) is
    'Renews the lease of a webhook of this claim, from now; false when another claim has taken it over.';
revoke execute on function notifier.extend_webhook(uuid, uuid, interval) from public;
grant execute on function notifier.extend_webhook(uuid, uuid, interval) to notifier;

-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.complete_webhook(claim uuid, delivery_id uuid, response_status integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update notifier.webhook_deliveries as delivery
    set
        status = 'sent',
        sent_at = clock_timestamp(),
        response_status = complete_webhook.response_status,
        last_error = null
    where
        delivery.id = complete_webhook.delivery_id
        and delivery.claim_id = claim
        and delivery.status = 'claimed';
    return found;
end
$$;
comment on function notifier.complete_webhook(uuid, uuid, integer) is
    'Records that a webhook of this claim was answered with 2xx; false when another claim has taken it over.';
revoke execute on function notifier.complete_webhook(uuid, uuid, integer) from public;
grant execute on function notifier.complete_webhook(uuid, uuid, integer) to notifier;

-- What becomes of a webhook that was not answered with 2xx. An endpoint that cannot be reached or is overloaded is left
-- alone with all that waits for it, so that it holds up nobody else; one that answers 410 wants no more (Standard
-- Webhooks). Rows that another worker has locked are passed over.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.fail_webhook(
    claim uuid,
    delivery_id uuid,
    response_status integer,
    error text,
    is_endpoint_down boolean,
    retry_after interval default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_delivery notifier.webhook_deliveries;
    v_delay interval;
    v_retry_at timestamptz;
begin
    select delivery.* into v_delivery
    from notifier.webhook_deliveries as delivery
    where
        delivery.id = fail_webhook.delivery_id
        and delivery.claim_id = claim
        and delivery.status = 'claimed'
    for update;
    if not found then
        return null;
    end if;
    if response_status = 410 then
        update public.webhook_endpoints as endpoint set is_active = false where endpoint.id = v_delivery.endpoint_id;
    else
        v_delay := notifier.retry_delay(v_delivery.attempts);
    end if;
    v_retry_at := clock_timestamp() + greatest(v_delay, retry_after);
    update notifier.webhook_deliveries as delivery
    set
        status = case when v_delay is null then 'dead' else 'queued' end,
        available_at = coalesce(v_retry_at, delivery.available_at),
        response_status = fail_webhook.response_status,
        last_error = left(error, 500)
    where delivery.id = v_delivery.id
    returning delivery.status into v_delivery.status;
    if is_endpoint_down and v_retry_at is not null then
        update notifier.webhook_deliveries as waiting
        set available_at = v_retry_at
        where waiting.id = any(
            array(
                select other.id
                from notifier.webhook_deliveries as other
                where
                    other.endpoint_id = v_delivery.endpoint_id
                    and other.status = 'queued'
                    and other.available_at < v_retry_at
                    and other.id <> v_delivery.id
                for update skip locked
            )
        );
    end if;
    return v_delivery.status;
end
$$;
comment on function notifier.fail_webhook(uuid, uuid, integer, text, boolean, interval) is
    'Records a failed attempt and returns the new status, queued or dead; null when the claim has lost it. is_endpoint_down: what else waits for the endpoint waits as long; retry_after: the least time to wait; 410 switches the endpoint off.';
revoke execute on function notifier.fail_webhook(uuid, uuid, integer, text, boolean, interval) from public;
grant execute on function notifier.fail_webhook(uuid, uuid, integer, text, boolean, interval) to notifier;

-- Security definer: it is the API; the outbox is closed to users.
create function public.webhook_deliveries(endpoint_id uuid, max_rows integer default 100)
returns setof public.webhook_delivery
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.is_owner_login() and not private.is_settings_admin() then
        raise exception using
            errcode = '42501', message = 'only admins may see webhook deliveries', hint = 'Ask an admin.';
    end if;
    return query
    select
        delivery.id,
        delivery.event_type,
        delivery.status,
        delivery.attempts,
        delivery.created_at,
        delivery.available_at,
        delivery.sent_at,
        delivery.response_status,
        delivery.last_error
    from notifier.webhook_deliveries as delivery
    where delivery.endpoint_id = webhook_deliveries.endpoint_id
    order by delivery.created_at desc, delivery.id
    limit least(greatest(max_rows, 0), 1000);
end
$$;
comment on function public.webhook_deliveries(uuid, integer) is
    'What an endpoint was told, newest first, at most max_rows (up to 1000), and how it went. For admins and the database''s owner; 42501 for others; nothing for an unknown endpoint.';
revoke execute on function public.webhook_deliveries(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.webhook_deliveries(uuid, integer) to authenticated;

-- Security definer: it is the API; the outbox is closed to users.
create function public.replay_webhook_delivery(delivery_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.is_settings_admin() then
        raise exception using
            errcode = '42501', message = 'only admins may repeat webhook deliveries', hint = 'Ask an admin.';
    end if;
    if exists (
        select from notifier.webhook_deliveries as delivery
        inner join public.webhook_endpoints as endpoint on delivery.endpoint_id = endpoint.id
        where delivery.id = replay_webhook_delivery.delivery_id and not endpoint.is_active
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the endpoint of this delivery is switched off',
            hint = 'Set is_active of its webhook_endpoints row to true first.';
    end if;
    update notifier.webhook_deliveries as delivery
    set status = 'queued', attempts = 0, available_at = clock_timestamp(), sent_at = null
    where delivery.id = replay_webhook_delivery.delivery_id and delivery.status in ('sent', 'dead');
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('delivery_id %s is unknown, or under way', coalesce(delivery_id::text, 'null')),
            hint = 'webhook_deliveries lists them; those that are queued or claimed are sent anyway.';
    end if;
    perform pg_notify('notifier', '');
end
$$;
comment on function public.replay_webhook_delivery(uuid) is
    'Send a webhook again that was sent or given up, under the same webhook-id. For admins. Errors: 42501; PT404 unknown, or under way; PT409 the endpoint is switched off.';
revoke execute on function public.replay_webhook_delivery(uuid) from public, anon, authenticated, service_role;
grant execute on function public.replay_webhook_delivery(uuid) to authenticated;
