-- What a monitor asks every few seconds: unlike notifier.queue_status() it reads what is unfinished or dead and nothing
-- else, each by an index that holds only that. Security definer: role notifier may call the queue's functions and read
-- nothing.
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
        (
            select count(*)
            from notifier.emails as email
            where email.status in ('claimed', 'sending') and email.carried_by is null
        ),
        waiting.in_doubt,
        (
            select count(*)
            from notifier.emails as email
            where email.status = 'dead' and email.carried_by is null
        ),
        unexpanded.events,
        -- An event may be younger than v_now.
        extract(epoch from v_now - least(waiting.due_since, unexpanded.since, v_now))::double precision
            * case when num_nonnulls(waiting.due_since, unexpanded.since) > 0 then 1 end
    from (
        select
            count(*) filter (where email.status = 'queued') as queued,
            count(*) filter (where email.urgent) as urgent,
            count(*) filter (where email.status = 'in_doubt') as in_doubt,
            min(email.available_at) filter (where email.available_at <= v_now) as due_since
        from notifier.emails as email
        where email.status in ('queued', 'in_doubt') and email.carried_by is null
    ) as waiting
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
    'The queue in numbers, without reading its record: mails queued, urgent among the waiting, held by workers, in doubt, dead; events not expanded; and for how many seconds the oldest due mail or event has waited, null for none.';
revoke execute on function notifier.queue_metrics() from public;
grant execute on function notifier.queue_metrics() to notifier;
