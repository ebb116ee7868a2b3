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
