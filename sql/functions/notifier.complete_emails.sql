-- Also takes a mail whose lease has run out, or that went into doubt for that reason, as long as no other claim has it: it is known
-- to have been accepted, and sending it again would help nobody.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.complete_emails(claim uuid, email_ids uuid [], transport text)
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
        where
            email.id = any(email_ids)
            and email.claim_id = claim
            and email.status in ('claimed', 'sending', 'in_doubt')
        order by email.id
        for update
    )
    update notifier.emails as email
    set status = 'sent', sent_at = clock_timestamp(), transport = complete_emails.transport, lease_until = null
    from held
    where email.id = held.id
    returning email.id;
end
$$;
comment on function notifier.complete_emails(uuid, uuid [], text) is
    'Records that mails of this claim were accepted, by which transport; returns those recorded, without those another claim has taken over.';
revoke execute on function notifier.complete_emails(uuid, uuid [], text) from public;
grant execute on function notifier.complete_emails(uuid, uuid [], text) to notifier;
