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
