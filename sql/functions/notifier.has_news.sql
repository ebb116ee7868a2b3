-- Asked by a busy worker before it claims, and fifty times a second while it has enough, so that what is urgent, and
-- changes that may be, do not wait for the batch it has in hand. Two looks at indexes that hold next to nothing; by its
-- order, the first cannot be at that of all that is unfinished.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.has_news()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
begin
    return coalesce(
        (
            select due.available_at <= clock_timestamp()
            from notifier.emails as due
            where due.status in ('queued', 'in_doubt') and due.carried_by is null and due.urgent
            order by due.available_at
            limit 1
        ),
        false
    )
    or exists (
        select from notifier.events as event
        where event.expanded_at is null and event.through_id is null
        offset 0
    );
end
$$;
comment on function notifier.has_news() is
    'Whether an urgent mail is due, or a change waits that has not been looked at: worth a look though there is work in hand.';
revoke execute on function notifier.has_news() from public;
grant execute on function notifier.has_news() to notifier;
