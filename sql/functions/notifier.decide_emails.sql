-- The second half of a claim: one statement judges all of its mails. What is the same for many of them (what changed, the session's
-- details) is worked out once per span of events.
create function notifier.decide_emails(
    email_ids uuid [],
    claim_id uuid,
    worker text,
    lease interval,
    organizer text,
    app_url text
)
returns setof notifier.claimed_email
language plpgsql
set search_path = ''
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    return query
    with
    -- The events each mail has to tell of. from_id is null when an earlier mail has told of all of them.
    email as materialized (
        select
            held.id,
            held.event_id,
            held.session_id,
            held.recipient_id,
            held.topic,
            held.kind,
            held.available_at,
            held.attempts + 1 as attempt,
            held.in_doubt_at is not null as is_in_doubt,
            case
                when held.in_doubt_at is not null then held.told_from
                when told.through_id is null then held.event_id
                else (
                    select min(untold.id)
                    from notifier.events as untold
                    where
                        untold.session_id = held.session_id
                        and untold.topic = held.topic
                        and untold.id > told.through_id
                )
            end as from_id,
            case
                when held.in_doubt_at is not null then held.told_through
                when held.topic = 'summary' then held.event_id
                else (
                    select max(latest.id) from notifier.events as latest where latest.session_id = held.session_id
                )
            end as through_id
        from notifier.emails as held
        cross join lateral (
            select max(earlier.told_through) as through_id
            from notifier.emails as earlier
            where
                earlier.session_id = held.session_id
                and earlier.recipient_id = held.recipient_id
                and earlier.topic = held.topic
                and earlier.told_through > earlier.event_id
                and earlier.told_through >= held.event_id
                and earlier.status in ('sent', 'skipped')
        ) as told
        where held.id = any(email_ids)
    ),
    change as materialized (
        select
            span.from_id,
            span.through_id,
            span.session_id,
            span.recipient_ids,
            earliest.old,
            latest.new,
            latest.created_at as changed_at,
            notifier.session_changes(earliest.old, latest.new) as changes
        from (
            select
                email.from_id,
                email.through_id,
                email.session_id,
                array_agg(email.recipient_id) as recipient_ids
            from email
            group by email.from_id, email.through_id, email.session_id
        ) as span
        inner join notifier.events as earliest on span.from_id = earliest.id
        inner join notifier.events as latest on span.through_id = latest.id
    ),
    recipient as materialized (
        select
            change.from_id,
            change.through_id,
            part.user_id,
            part.role_before,
            part.role_after,
            nullif(btrim(account.email), '') as address,
            profile.full_name,
            profile.timezone,
            profile.locale
        from change
        cross join lateral notifier.recipient_roles(
            change.session_id, change.recipient_ids, change.old, change.new, change.from_id, change.through_id
        ) as part
        left join auth.users as account on part.user_id = account.id and account.deleted_at is null
        left join public.profiles as profile on part.user_id = profile.id
    ),
    judged as materialized (
        select
            email.*,
            change.changes,
            recipient.address,
            recipient.full_name,
            recipient.timezone,
            recipient.locale,
            coalesce(recipient.role_after, recipient.role_before) as role,
            decision.is_out,
            case when email.is_in_doubt then email.kind else decision.kind end as final_kind,
            case
                when email.from_id is null then 'already_told'
                when decision.is_over then 'session_over'
                when decision.kind is null and recipient.role_before is null and recipient.role_after is null
                    then case when change.new ->> 'status' = 'cancelled' then 'cancelled_before_told' else 'not_invited' end
                when decision.kind is null then 'nothing_changed'
                when recipient.address is null then 'no_address'
            end as skip_reason
        from email
        left join change on email.from_id = change.from_id and email.through_id = change.through_id
        left join recipient
            on
                email.from_id = recipient.from_id
                and email.through_id = recipient.through_id
                and email.recipient_id = recipient.user_id
        cross join lateral (
            select
                -- No longer invited: they are shown the session as they knew it, not how it went on without them.
                email.topic = 'invitation' and recipient.role_after is null as is_out,
                case email.topic
                    when 'invitation' then notifier.mail_kind(
                        recipient.role_before, recipient.role_after, change.changes, change.new ->> 'status' = 'cancelled'
                    )
                    when 'summary' then case
                        when exists (
                            select from public.success_sessions as session
                            inner join public.user_roles as held on session.mentor_id = held.user_id
                            where
                                session.id = email.session_id
                                and session.mentor_id = email.recipient_id
                                and held.role = 'mentor'
                        ) then 'attendance_summary'::notifier.email_kind
                    end
                end as kind,
                email.topic = 'invitation' and (
                    change.new ->> 'status' = 'completed'
                    or (
                        case when recipient.role_after is null then change.old else change.new end ->> 'end_time'
                    )::timestamptz <= v_now
                ) as is_over
        ) as decision
    ),
    -- One for those who take part and one for those who are out, in each span.
    shown as materialized (
        select
            variant.from_id,
            variant.through_id,
            variant.is_out,
            notifier.session_details(known.snapshot) as details,
            jsonb_populate_record(
                null::public.success_sessions, known.snapshot || jsonb_build_object('updated_at', change.changed_at)
            ) as session
        from (
            select distinct
                judged.from_id,
                judged.through_id,
                judged.is_out
            from judged
            where judged.skip_reason is null
        ) as variant
        inner join change on variant.from_id = change.from_id and variant.through_id = change.through_id
        cross join lateral (
            select
                case
                    when variant.is_out
                        then change.old || jsonb_build_object(
                            'status', change.new -> 'status',
                            'cancel_reason', change.new -> 'cancel_reason',
                            'sequence', change.new -> 'sequence'
                        )
                    else change.new
                end as snapshot
        ) as known
    ),
    marked as (
        update notifier.emails as marked
        set
            status = case when judged.skip_reason is null then 'claimed' else 'skipped' end::notifier.email_status,
            kind = coalesce(judged.final_kind, marked.kind),
            attempts = case when judged.skip_reason is null then judged.attempt else marked.attempts end,
            claim_id = case when judged.skip_reason is null then decide_emails.claim_id end,
            claimed_by = case when judged.skip_reason is null then worker end,
            lease_until = case when judged.skip_reason is null then v_now + lease end,
            -- A mail skipped because of what happened has dealt with it, as one sent has. Skipped for another reason, it has not.
            told_from = case
                when judged.skip_reason is null
                    or judged.skip_reason in ('nothing_changed', 'not_invited', 'cancelled_before_told')
                    then judged.from_id
            end,
            told_through = case
                when judged.skip_reason is null
                    or judged.skip_reason in ('nothing_changed', 'not_invited', 'cancelled_before_told')
                    then judged.through_id
            end,
            skip_reason = judged.skip_reason
        from judged
        where marked.id = judged.id
    ),
    folded as (
        update notifier.emails as later
        set status = 'skipped', skip_reason = 'superseded'
        from judged
        where
            not judged.is_in_doubt
            and later.session_id = judged.session_id
            and later.recipient_id = judged.recipient_id
            and later.topic = judged.topic
            and later.event_id > judged.event_id
            and later.status = 'queued'
    )
    select
        judged.id,
        decide_emails.claim_id,
        judged.event_id,
        judged.final_kind::text,
        judged.is_in_doubt,
        judged.attempt,
        judged.recipient_id,
        judged.address,
        judged.full_name,
        judged.timezone,
        judged.locale,
        case when judged.topic = 'summary' then 'host' else judged.role end,
        shown.details,
        case when judged.final_kind in ('session_rescheduled', 'session_updated') then judged.changes else '{}' end,
        case
            when judged.topic = 'invitation' then private.session_calendar(
                shown.session, part.method, organizer, judged.address, judged.full_name, app_url
            )
        end,
        part.method,
        case when judged.topic = 'summary' then private.attendance_summary(judged.session_id) end
    from judged
    inner join shown
        on
            judged.from_id = shown.from_id
            and judged.through_id = shown.through_id
            and judged.is_out = shown.is_out
    cross join lateral (
        select
            case
                when judged.topic = 'summary' then null
                when judged.is_out then 'CANCEL'
                else 'REQUEST'
            end as method
    ) as part
    where judged.skip_reason is null
    order by judged.available_at, judged.event_id, judged.id;
end
$$;
comment on function notifier.decide_emails(uuid [], uuid, text, interval, text, text) is
    'Decides for each of these mails, which the caller has locked, whether it is to be sent and what it says; claims or skips it, and returns the claimed.';
revoke execute on function notifier.decide_emails(uuid [], uuid, text, interval, text, text) from public;
