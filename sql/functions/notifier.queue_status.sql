-- For people. Reads the whole record, finished mails included: about a second per million.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.queue_status()
returns table (status text, emails bigint, oldest timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        known.status::text,
        count(email.id),
        min(email.created_at)
    from unnest(enum_range(null::notifier.email_status)) as known (status)
    left join notifier.emails as email on known.status = email.status and email.carried_by is null
    group by known.status
    order by known.status;
end
$$;
comment on function notifier.queue_status() is
    'How many mails are in each status, and when the oldest of them was queued; every status has a row. Rows that go out in one mail count as one once they do.';
revoke execute on function notifier.queue_status() from public;
grant execute on function notifier.queue_status() to notifier;
