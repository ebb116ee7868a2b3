-- Also takes a mail whose lease has run out, or that went into doubt for that reason, as long as no other claim has it:
-- it is known to have been accepted, and sending it again would help nobody. Rows are locked in the order of their ids,
-- whatever the order asked for, so that two calls at once cannot deadlock. Carried rows follow.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.complete_emails(claim uuid, email_ids uuid[], transport text)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
    return query
    with completed as (
        update notifier.emails as email
        set status = 'sent', sent_at = clock_timestamp(), transport = complete_emails.transport, lease_until = null
        where email.id = any(
            notifier.with_carried(
                array(
                    select held.id
                    from (
                        select locked.*
                        from notifier.emails as locked
                        where locked.id = any(email_ids)
                        order by locked.id
                        offset 0
                        for update
                    ) as held
                    where
                        held.claim_id = claim
                        and held.status in ('claimed', 'sending', 'in_doubt')
                        and held.carried_by is null
                )
            )
        )
        returning
            email.id,
            email.carried_by
    )
    select completed.id from completed where completed.carried_by is null;
end
$$;
comment on function notifier.complete_emails(uuid, uuid[], text) is
    'Records that mails of this claim were accepted, by which transport; returns those recorded, without those another claim has taken over.';
revoke execute on function notifier.complete_emails(uuid, uuid[], text) from public;
grant execute on function notifier.complete_emails(uuid, uuid[], text) to notifier;
