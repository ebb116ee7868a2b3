-- One page of started events that move in step: their next candidates by id, up to a user whom the page has reached in
-- all of them. So whatever one transaction does to a person is queued by one page, and goes out as one mail.
create function notifier.expand_page(
    events notifier.events[],
    max_users integer,
    out candidates integer,
    out added integer,
    out more boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_event notifier.events := events[1];
    -- With many events a page takes more than max_users in all: each event costs something of its own, so it is asked
    -- for 25 users at least.
    v_users_each integer := greatest(ceil(max_users::numeric / cardinality(events)), least(max_users, 25));
    v_until uuid;
begin
    with
    page as materialized (
        select
            event,
            notifier.event_candidates(
                event, coalesce(v_event.cursor, '00000000-0000-0000-0000-000000000000'), v_users_each
            ) as user_ids
        from unnest(events) as event
    ),
    -- Null when every page is the last.
    reached as materialized (
        select (array_agg(page.user_ids[v_users_each] order by page.user_ids[v_users_each]))[1] as until
        from page
        where cardinality(page.user_ids) = v_users_each
    )
    select
        sum(cardinality(part.user_ids)),
        sum(
            case (page.event).topic
                when 'reminder' then notifier.queue_reminders(page.event, part.user_ids)
                else notifier.queue_emails(
                    page.event, part.user_ids, v_now, case when cardinality(events) > 1 then v_event.transaction_id end
                )
            end
        ),
        reached.until
    into candidates, added, v_until
    from page
    cross join reached
    cross join lateral (
        select
            case
                when reached.until is null then page.user_ids
                else array(
                    select listed.user_id from unnest(page.user_ids) as listed (user_id)
                    where listed.user_id <= reached.until
                    order by listed.user_id
                )
            end as user_ids
        offset 0
    ) as part
    group by reached.until;
    more := v_until is not null;

    update notifier.events as expanded
    set
        cursor = coalesce(v_until, expanded.cursor),
        expanded_at = case when not more then clock_timestamp() end
    where expanded.id = any(array(select event.id from unnest(events) as event));
end
$$;
comment on function notifier.expand_page(notifier.events[], integer) is
    'Expands the next page of events that the caller has locked and started together: how many candidates it considered (about max_users, and 25 for each event at least), how many mails it added, whether there is another page.';
revoke execute on function notifier.expand_page(notifier.events[], integer) from public;
