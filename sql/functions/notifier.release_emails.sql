-- For a worker that stops, or whose mail server is out of reach: the mails keep their place in the queue.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.release_emails(claim uuid, email_ids uuid [])
returns setof uuid
language plpgsql
security definer
set search_path = ''
as $$
begin
    return query
    with held as materialized (
        select email.id
        from notifier.emails as email
        where email.id = any(email_ids) and email.claim_id = claim and email.status = 'claimed'
        order by email.id
        for update
    )
    update notifier.emails as email
    set
        status = case when email.in_doubt_at is null then 'queued' else 'in_doubt' end::notifier.email_status,
        attempts = email.attempts - 1,
        claim_id = null,
        lease_until = null
    from held
    where email.id = held.id
    returning email.id;
end
$$;
comment on function notifier.release_emails(uuid, uuid []) is
    'Gives back mails of this claim of which nothing was handed over, attempt included; returns them.';
revoke execute on function notifier.release_emails(uuid, uuid []) from public;
grant execute on function notifier.release_emails(uuid, uuid []) to notifier;
