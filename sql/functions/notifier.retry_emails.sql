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
