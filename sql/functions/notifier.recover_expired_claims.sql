-- Takes mails from workers that have not been heard of until their lease ended. One that was being handed over may have been
-- accepted: it goes into doubt, due at once, because whoever waits for it has waited a lease already. It keeps its claim_id, so
-- that a worker that was merely slow can still say how it ended until somebody else takes the mail.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.recover_expired_claims()
returns table (requeued integer, in_doubt integer)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    with expired as materialized (
        select
            email.id,
            case when email.status = 'sending' then coalesce(email.in_doubt_at, v_now) else email.in_doubt_at end
                as in_doubt_at
        from notifier.emails as email
        where email.status in ('claimed', 'sending') and email.lease_until <= v_now
        order by email.lease_until
        for update skip locked
    ),
    recovered as (
        update notifier.emails as email
        set
            status = case
                when notifier.retry_delay(email.attempts) is null then 'dead'
                when expired.in_doubt_at is not null then 'in_doubt'
                else 'queued'
            end::notifier.email_status,
            in_doubt_at = expired.in_doubt_at,
            claim_id = case when expired.in_doubt_at is not null then email.claim_id end,
            lease_until = null,
            last_error = format('lease of worker %s ran out', email.claimed_by)
        from expired
        where email.id = expired.id
        returning email.status
    )
    select
        count(*) filter (where recovered.status = 'queued'),
        count(*) filter (where recovered.status = 'in_doubt')
    into requeued, in_doubt
    from recovered;
    return next;
end
$$;
comment on function notifier.recover_expired_claims() is
    'Makes mails whose lease has run out available again: claimed ones are queued, those being sent go into doubt; how many of each.';
revoke execute on function notifier.recover_expired_claims() from public;
grant execute on function notifier.recover_expired_claims() to notifier;
