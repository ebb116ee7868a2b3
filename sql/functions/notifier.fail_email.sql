-- What becomes of a mail that was not accepted, or perhaps was. Addresses are cut from the error: a server's answer often repeats one.
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
set search_path = ''
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_status notifier.email_status;
begin
    if failure is null or failure not in ('transient', 'permanent', 'unknown') then
        raise exception using
            errcode = '22023',
            message = format(
                'failure must be transient, permanent or unknown, not %s', coalesce(quote_literal(failure), 'null')
            );
    end if;
    update notifier.emails as email
    set
        status = outcome.status,
        available_at = coalesce(v_now + greatest(outcome.delay, retry_after), email.available_at),
        in_doubt_at = outcome.in_doubt_at,
        lease_until = null,
        last_error = left(regexp_replace(error, '[^[:space:]<>"''(),;:]+@[^[:space:]<>"''(),;:]+', '<address>', 'g'), 500)
    from (
        select
            held.id,
            waiting.delay,
            waiting.in_doubt_at,
            case
                when waiting.delay is null then 'dead'
                -- Once in doubt, always in doubt: a refusal of the repetition says nothing of the first attempt.
                when waiting.in_doubt_at is not null then 'in_doubt'
                else 'queued'
            end::notifier.email_status as status
        from notifier.emails as held
        cross join lateral (
            select
                case when failure <> 'permanent' then notifier.retry_delay(held.attempts) end as delay,
                case when failure = 'unknown' then coalesce(held.in_doubt_at, v_now) else held.in_doubt_at end as in_doubt_at
        ) as waiting
        where held.id = fail_email.email_id and held.claim_id = claim and held.status in ('claimed', 'sending')
        for update of held
    ) as outcome
    where email.id = outcome.id
    returning email.status into v_status;
    return v_status;
end
$$;
comment on function notifier.fail_email(uuid, uuid, text, text, interval) is
    'Records a failure (transient: refused for now, permanent: refused for good, unknown: perhaps accepted) and returns the new status: queued, in_doubt or dead; null when the claim has lost the mail. retry_after: the least time to wait.';
revoke execute on function notifier.fail_email(uuid, uuid, text, text, interval) from public;
grant execute on function notifier.fail_email(uuid, uuid, text, text, interval) to notifier;
