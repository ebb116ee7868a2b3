-- Takes mails from workers that have not been heard of until their lease ended. One that was being handed over may have
-- been accepted: it goes into doubt, due at once, because whoever waits for it has waited a lease already. It keeps its
-- claim_id, so that a worker that was merely slow can still say how it ended until somebody else takes the mail.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.recover_expired_claims()
returns table (requeued integer, in_doubt integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_expired uuid[] := array(
        select expired.id
        from notifier.emails as expired
        where
            expired.status in ('claimed', 'sending')
            and expired.carried_by is null
            and expired.lease_until <= v_now
        order by expired.lease_until
        for update skip locked
    );
begin
    with recovered as (
        update notifier.emails as email
        set
            status = case
                when notifier.retry_delay(email.attempts) is null then 'dead'
                when email.status = 'sending' or email.in_doubt_at is not null then 'in_doubt'
                else 'queued'
            end::notifier.email_status,
            in_doubt_at = case email.status
                when 'sending' then coalesce(email.in_doubt_at, v_now)
                else email.in_doubt_at
            end,
            carried_by = case
                when notifier.retry_delay(email.attempts) is null
                    or email.status = 'sending'
                    or email.in_doubt_at is not null
                    then email.carried_by
            end,
            lease_until = null,
            last_error = format('the lease of worker %s ran out', email.claimed_by)
        where email.id = any(notifier.with_carried(v_expired))
        returning
            email.id,
            email.status
    )
    select
        count(*) filter (where recovered.status = 'queued'),
        count(*) filter (where recovered.status = 'in_doubt')
    into requeued, in_doubt
    from recovered
    where recovered.id = any(v_expired);
    return next;
end
$$;
comment on function notifier.recover_expired_claims() is
    'Makes mails whose lease has run out available again: claimed ones are queued, those being sent go into doubt; how many of each.';
revoke execute on function notifier.recover_expired_claims() from public;
grant execute on function notifier.recover_expired_claims() to notifier;
