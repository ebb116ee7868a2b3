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
