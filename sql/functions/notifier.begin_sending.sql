-- The mark before a message is handed over: from here on a crash leaves its outcome unknown. It must be committed before the server
-- could accept the mail, and only what it returns may be sent.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.begin_sending(claim uuid, email_ids uuid [], lease interval)
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
    set status = 'sending', lease_until = clock_timestamp() + begin_sending.lease
    from held
    where email.id = held.id
    returning email.id;
end
$$;
comment on function notifier.begin_sending(uuid, uuid [], interval) is
    'Marks mails of this claim as being handed over and renews their lease; returns those that may be sent, without those the claim has lost.';
revoke execute on function notifier.begin_sending(uuid, uuid [], interval) from public;
grant execute on function notifier.begin_sending(uuid, uuid [], interval) to notifier;
