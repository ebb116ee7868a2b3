-- For a worker that stops, or whose mail server is out of reach: the mails keep their place in the queue. Rows are
-- locked in the order of their ids, whatever the order asked for, so that two calls at once cannot deadlock. A mail of
-- several parts falls apart into its rows, unless it is in doubt.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.release_emails(claim uuid, email_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_held uuid[];
begin
    v_held := array(
        select held.id
        from (
            select locked.*
            from notifier.emails as locked
            where locked.id = any(email_ids)
            order by locked.id
            offset 0
            for update
        ) as held
        where held.claim_id = claim and held.status = 'claimed' and held.carried_by is null
    );
    update notifier.emails as email
    set
        status = case when email.in_doubt_at is null then 'queued' else 'in_doubt' end::notifier.email_status,
        carried_by = case when email.in_doubt_at is not null then email.carried_by end,
        attempts = email.attempts - 1,
        claim_id = null,
        lease_until = null
    where email.id = any(notifier.with_carried(v_held));
    return query select unnest(v_held);
end
$$;
comment on function notifier.release_emails(uuid, uuid[]) is
    'Gives back mails of this claim of which nothing was handed over, attempt included; returns them.';
revoke execute on function notifier.release_emails(uuid, uuid[]) from public;
grant execute on function notifier.release_emails(uuid, uuid[]) to notifier;
