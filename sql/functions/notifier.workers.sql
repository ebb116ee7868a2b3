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
