-- What becomes of a mail that was not accepted, or perhaps was. One of several parts falls apart into its rows to be
-- tried again; in doubt it stays as it is, and so does a request that several were in. Where nothing was handed over
-- because nothing could be, no attempt is counted: an outage of days leaves no mail dead.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.fail_email(
    claim uuid,
    email_id uuid,
    failure text,
    error text,
    retry_after interval default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_email notifier.emails;
    v_delay interval;
    v_available_at timestamptz;
begin
    if failure is null or failure not in ('transient', 'permanent', 'unknown', 'unsent') then
        raise exception using
            errcode = '22023',
            message = format(
                'failure must be transient, permanent, unknown or unsent, not %s',
                coalesce(quote_literal(failure), 'null')
            );
    end if;
    select email.* into v_email
    from notifier.emails as email
    where
        email.id = fail_email.email_id
        and email.claim_id = claim
        and email.status in ('claimed', 'sending')
        and email.carried_by is null
    for update;
    if not found then
        return null;
    end if;

    if failure = 'unknown' then
        v_email.in_doubt_at := coalesce(v_email.in_doubt_at, v_now);
    end if;
    if failure = 'unsent' then
        v_email.attempts := v_email.attempts - 1;
        v_delay := interval '0';
    elsif failure <> 'permanent' then
        v_delay := notifier.retry_delay(v_email.attempts);
    end if;
    v_email.status := (case
        when v_delay is null then 'dead'
        -- Once in doubt, always in doubt: a refusal of the repetition says nothing of the first attempt.
        when v_email.in_doubt_at is not null then 'in_doubt'
        else 'queued'
    end)::notifier.email_status;
    -- One time for all rows of the mail, so that they are claimed together again.
    v_available_at := v_now + greatest(v_delay, retry_after);
    if failure = 'unsent' and retry_after is null then
        v_available_at := v_email.available_at; -- it keeps its place
    end if;
    if v_email.status = 'in_doubt' and v_email.parcel_id is not null then
        -- The mails of one request become due together, at the latest time among them: one that was due earlier could
        -- not be claimed without the others, and would look late.
        v_available_at := coalesce(
            (
                select max(companion.available_at)
                from notifier.emails as companion
                where
                    companion.parcel_id = v_email.parcel_id
                    and companion.status = 'in_doubt'
            ),
            v_available_at
        );
    end if;
    update notifier.emails as email
    set
        status = v_email.status,
        carried_by = case when v_email.status <> 'queued' then email.carried_by end,
        parcel_id = case when v_email.status <> 'queued' then email.parcel_id end,
        attempts = v_email.attempts,
        available_at = coalesce(v_available_at, email.available_at),
        in_doubt_at = v_email.in_doubt_at,
        lease_until = null,
        last_error = notifier.redacted_error(error)
    where email.id = any(notifier.with_carried(array[v_email.id]));
    return v_email.status;
end
$$;
comment on function notifier.fail_email(uuid, uuid, text, text, interval) is
    'Records a failure (transient: refused for now, permanent: refused for good, unknown: perhaps accepted, unsent: not handed over, no attempt is counted) and returns the new status: queued, in_doubt or dead; null when the claim has lost the mail. retry_after: the least time to wait.';
revoke execute on function notifier.fail_email(uuid, uuid, text, text, interval) from public;
grant execute on function notifier.fail_email(uuid, uuid, text, text, interval) to notifier;
