-- The second half of a claim: one statement judges all of its rows and makes mails of those that are to be sent; those
-- that the recipient wants later go back into the queue until then. The functions that it asks are stable and so see
-- what it sees: what is folded into a mail is what that mail tells of. For `offset 0` see notifier.lock_due_emails.
create function notifier.decide_emails(
    email_ids uuid[],
    claim_id uuid,
    worker text,
    lease interval,
    organizer text,
    app_url text
)
returns setof notifier.claimed_email
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_nestloop = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    return query
    with
    judged as materialized (
        select verdict.* from notifier.judge_emails(email_ids, v_now) as verdict
    ),
    edition as materialized (
        select written.*
        from notifier.write_editions(
            array(select row(judged.*)::notifier.judged_email from judged where judged.verdict = 'tell'),
            organizer,
            app_url
        ) as written
    ),
    marked as (
        update notifier.emails as marked
        set
            status = case judged.verdict
                when 'tell' then 'claimed'
                when 'wait' then 'queued'
                else 'skipped'
            end::notifier.email_status,
            kind = coalesce(judged.kind, marked.kind),
            -- All that waits for a mail of the day has this one, so that it goes out together.
            transaction_id = case
                when judged.verdict = 'wait' and judged.wait_for = 'digest' then '0' else marked.transaction_id
            end,
            available_at = case when judged.verdict = 'wait' then judged.wait_until else marked.available_at end,
            postponed_for = case when judged.verdict = 'wait' then judged.wait_for else marked.postponed_for end,
            -- The same for all rows of a mail, so that they are given up together, too.
            attempts = case when judged.verdict = 'tell' then judged.attempt else marked.attempts end,
            claim_id = case when judged.verdict = 'tell' then decide_emails.claim_id end,
            claimed_by = case when judged.verdict = 'tell' then worker end,
            lease_until = case when judged.verdict = 'tell' and judged.id = judged.carrier_id then v_now + lease end,
            carried_by = case
                when judged.verdict = 'tell' and judged.id <> judged.carrier_id then judged.carrier_id
            end,
            -- A mail that is skipped for one of these reasons has dealt with its events, as one that is sent has, and
            -- later mails begin after them. One that is skipped for another reason has not.
            told_from = case
                when judged.verdict = 'tell'
                    or judged.skip_reason in ('nothing_changed', 'not_invited', 'cancelled_before_told', 'switched_off')
                    then judged.from_id
            end,
            told_through = case
                when judged.verdict = 'tell'
                    or judged.skip_reason in ('nothing_changed', 'not_invited', 'cancelled_before_told', 'switched_off')
                    then judged.through_id
            end,
            skip_reason = judged.skip_reason
        from judged
        where marked.id = judged.id and marked.id = any(email_ids)
    ),
    younger as materialized (
        select
            follower.id,
            judged.verdict,
            judged.wait_until,
            judged.wait_for,
            -- Each recording is told of by itself; a reminder that is dropped says nothing for the next one.
            not judged.is_in_doubt
            and judged.verdict <> 'wait'
            and judged.topic <> 'recording'
            and (judged.topic <> 'reminder' or judged.skip_reason is null) as is_told
        from judged
        cross join lateral (
            select
                candidate.id,
                candidate.status
            from notifier.emails as candidate
            where
                candidate.session_id = judged.session_id
                and candidate.recipient_id = judged.recipient_id
                and candidate.topic = judged.topic
                and candidate.event_id > judged.event_id
                and candidate.status in ('queued', 'claimed', 'sending', 'in_doubt')
            offset 0
        ) as follower
        where follower.status = 'queued'
    ),
    folded as (
        update notifier.emails as later
        set status = 'skipped', skip_reason = 'superseded'
        where later.id = any(array(select younger.id from younger where younger.is_told))
    ),
    -- A mail that follows one that waits would be due, and every claim would pass over it. So it waits as long and for
    -- the same reason; else a session's second recording would then wait for the next day's mail as well.
    deferred as (
        update notifier.emails as later
        set
            available_at = greatest(later.available_at, younger.wait_until),
            postponed_for = case
                when later.available_at <= younger.wait_until then younger.wait_for
                else later.postponed_for
            end
        from younger
        where
            later.id = younger.id
            and later.id = any(array(select waiting.id from younger as waiting where waiting.verdict = 'wait'))
    )
    select
        judged.id,
        decide_emails.claim_id,
        judged.event_id,
        edition.kind,
        judged.is_in_doubt,
        judged.attempt,
        judged.recipient_id,
        judged.address,
        judged.full_name,
        judged.timezone,
        judged.locale,
        judged.role,
        edition.sessions,
        edition.parts,
        array(
            select private.calendar_for(object.content, judged.address, judged.full_name)
            from unnest(edition.calendars) with ordinality as object (content, position)
            order by object.position
        ),
        case judged.topic
            when 'summary' then private.attendance_summary(judged.session_id)
            when 'warning' then notifier.attendance_warning(judged.session_id, judged.recipient_id)
        end,
        case
            -- The key is looked up once, when the first mail needs it.
            when edition.optional_kind is not null
                then private.unsubscribe_token(
                    (select private.unsubscribe_key()), judged.recipient_id, edition.optional_kind
                )
        end,
        judged.urgent,
        judged.parcel_id,
        case
            when judged.is_in_doubt
                then (select doubted.transport from notifier.emails as doubted where doubted.id = judged.id)
        end
    from edition
    cross join lateral unnest(edition.email_ids) as mail (id)
    inner join judged on mail.id = judged.id
    order by judged.urgent desc, judged.available_at, judged.event_id, judged.id;
end
$$;
comment on function notifier.decide_emails(uuid[], uuid, text, interval, text, text) is
    'Decides for each of these rows, which the caller has locked, whether it is to be sent and what it says; claims or skips it, and returns the mails claimed.';
revoke execute on function notifier.decide_emails(uuid[], uuid, text, interval, text, text) from public;
