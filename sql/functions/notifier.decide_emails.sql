-- The second half of a claim: one statement judges all of its rows, each by itself, and makes mails of those that are
-- to be sent; those that the recipient wants later go back into the queue until then. What is the same for many of them
-- (what changed, the session's details) is worked out once per span of events, and what a mail of several parts says
-- once per set of parts. For `offset 0` see notifier.lock_due_emails.
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
    -- The events each mail has to tell of. from_id is null when an earlier mail has told of all of them.
    email as materialized (
        select
            held.id,
            held.event_id,
            held.session_id,
            held.recipient_id,
            held.transaction_id,
            case when held.in_doubt_at is not null then coalesce(held.carried_by, held.id) end as doubt_id,
            held.topic,
            held.kind,
            held.urgent,
            held.parcel_id,
            held.available_at,
            held.postponed_for,
            held.attempts + 1 as attempt,
            held.in_doubt_at is not null as is_in_doubt,
            origin.is_of_enrollment,
            coalesce(known.is_doubted, false) as is_doubted,
            coalesce(known.is_told_out, false) as is_told_out,
            case
                when held.in_doubt_at is not null then held.told_from
                when told.through_id is null
                    or held.topic in ('registration', 'recording', 'reminder', 'warning', 'week')
                    then held.event_id
                else (
                    select min(untold.id)
                    from (
                        select event.*
                        from notifier.events as event
                        where event.session_id = held.session_id
                        offset 0
                    ) as untold
                    where untold.topic = held.topic and untold.id > told.through_id
                )
            end as from_id,
            case
                when held.in_doubt_at is not null then held.told_through
                when held.topic in ('summary', 'recording', 'warning', 'week') then held.event_id
                -- A reminder's event is no change: what it remembers may be older than the change before it.
                else coalesce(
                    (
                        select max(latest.id)
                        from (
                            select
                                event.id,
                                event.topic
                            from notifier.events as event
                            where event.session_id = held.session_id
                            offset 0
                        ) as latest
                        where latest.topic <> 'reminder'
                    ),
                    held.event_id
                )
            end as through_id
        from notifier.emails as held
        cross join lateral (
            select
                event.enrollment_position is not null as is_of_enrollment,
                event.enrollment_position is not null or exists (
                    select from notifier.enrollment_changes as since
                    where
                        since.student_id = held.recipient_id
                        and (since.position is null or since.position > event.id)
                    offset 0
                ) as is_of_who_moved
            from notifier.events as event
            where event.id = held.event_id
            offset 0
        ) as origin
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
                -- Passed over because they were out; of what they missed meanwhile it tells nothing.
                and not (origin.is_of_who_moved and earlier.skip_reason is not distinct from 'not_invited')
        ) as ahead
        -- Who came or went may have missed what was told to those who stayed, or have been told what others were not.
        left join lateral (
            select
                earlier.told_through,
                earlier.is_doubted,
                earlier.is_told_out
            from (
                select of_session.id
                from notifier.events as of_session
                where of_session.session_id = held.session_id
                offset 0
            ) as past
            cross join lateral (
                select
                    told.told_through,
                    told.status <> 'sent' and told.in_doubt_at is not null as is_doubted,
                    told.status = 'sent' and told.kind = 'session_cancelled' as is_told_out
                from notifier.emails as told
                where
                    told.event_id = past.id
                    and told.recipient_id = held.recipient_id
                    and told.topic = held.topic
                    and told.id <> held.id
                    and (
                        told.status = 'sent'
                        or told.skip_reason in ('nothing_changed', 'switched_off')
                        or told.in_doubt_at is not null
                    )
                offset 0
            ) as earlier
            where origin.is_of_who_moved and ahead.through_id is null
            order by earlier.told_through desc
            limit 1
        ) as known on true
        cross join lateral (
            select
                coalesce(
                    ahead.through_id,
                    case when origin.is_of_who_moved then coalesce(known.told_through, 0) end
                ) as through_id
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
                array_agg(distinct email.recipient_id) as recipient_ids
            from email
            group by email.from_id, email.through_id, email.session_id
        ) as span
        cross join lateral (
            select event.old
            from notifier.events as event
            where event.id = span.from_id
            offset 0
        ) as earliest
        cross join lateral (
            select
                event.new,
                event.created_at
            from notifier.events as event
            where event.id = span.through_id
            offset 0
        ) as latest
    ),
    recipient as materialized (
        select
            change.from_id,
            change.through_id,
            part.user_id,
            part.role_before,
            part.role_after,
            part.has_left
        from change
        cross join lateral notifier.recipient_roles(
            change.session_id, change.recipient_ids, change.old, change.new, change.from_id, change.through_id
        ) as part
    ),
    reviewed as materialized (
        select
            email.*,
            change.changes,
            (change.new ->> 'mentor_id')::uuid as mentor_id,
            person.address,
            person.full_name,
            person.timezone,
            person.locale,
            coalesce(
                recipient.role_after, recipient.role_before, case when decision.is_doubted_farewell then 'learner' end
            ) as role,
            decision.is_out,
            decision.is_out and not decision.was_invited as is_stranger,
            case when email.is_in_doubt then email.kind else decision.kind end as final_kind,
            case
                when email.from_id is null then 'already_told'
                when decision.reminder_refusal is not null then decision.reminder_refusal
                when email.topic = 'warning' and decision.kind is null then 'nothing_changed'
                when email.topic = 'week' and decision.kind is null then 'not_invited'
                when decision.is_over then 'session_over'
                -- Who leaves is not told of what they had not heard of.
                when decision.is_out and recipient.has_left and not decision.was_invited then 'not_invited'
                -- Nor, once more, who knows already that they are out.
                when decision.is_out and email.is_told_out and not email.is_in_doubt then 'nothing_changed'
                -- What somebody who has no access any more may have been told is not told again: that they are out is
                -- the next thing they hear.
                when email.is_in_doubt and decision.is_out and not decision.is_doubted_farewell then 'not_invited'
                when decision.kind is null
                    and not decision.is_doubted_farewell
                    and recipient.role_after is null
                    and (recipient.role_before is null or email.topic = 'registration')
                    then case change.new ->> 'status'
                        when 'cancelled' then 'cancelled_before_told'
                        else 'not_invited'
                    end
                when decision.kind is null and email.topic = 'registration' then 'not_registered'
                when decision.kind is null and not decision.is_doubted_farewell then 'nothing_changed'
                when person.address is null then 'no_address'
                when (
                    select known.suppressed_at is not null
                    from notifier.suppressions as known
                    where known.address_hash = notifier.address_hash(person.address)
                ) then 'suppressed'
                when not wish.is_wanted then 'switched_off'
            end as skip_reason,
            wait.reason as wait_for,
            wait.until as wait_until
        from email
        left join change on email.from_id = change.from_id and email.through_id = change.through_id
        left join recipient
            on
                email.from_id = recipient.from_id
                and email.through_id = recipient.through_id
                and email.recipient_id = recipient.user_id
        left join lateral (
            select
                nullif(btrim(account.email), '') as address,
                profile.full_name,
                profile.timezone,
                profile.locale
            from auth.users as account
            inner join public.profiles as profile on account.id = profile.id
            where account.id = email.recipient_id and account.deleted_at is null
            offset 0
        ) as person on true
        cross join lateral (
            select
                -- No longer invited: they are shown the session as they knew it, not how it went on without them.
                email.topic = 'invitation' and recipient.role_after is null as is_out,
                -- It may not have arrived, and what followed was told to those who take part.
                email.is_in_doubt
                and email.topic = 'invitation'
                and recipient.role_after is null
                and email.kind in ('session_cancelled', 'mentor_unassigned') as is_doubted_farewell,
                -- Only a calendar that was sent the session has something to take out.
                email.topic = 'invitation' and recipient.role_after is null and exists (
                    select
                    from (
                        select event.id
                        from notifier.events as event
                        where event.session_id = email.session_id
                        offset 0
                    ) as past
                    cross join lateral (
                        select from notifier.emails as told
                        where
                            told.event_id = past.id
                            and told.recipient_id = email.recipient_id
                            and told.topic in ('invitation', 'registration')
                            and (told.status = 'sent' or told.in_doubt_at is not null)
                            and told.kind not in ('session_cancelled', 'mentor_unassigned')
                        offset 0
                    ) as invitation
                ) as was_invited,
                case email.topic
                    when 'invitation' then notifier.mail_kind(
                        -- Of what may not have arrived whoever is in hears anew, and whoever is out that they are.
                        case when recipient.role_after is null or not email.is_doubted then recipient.role_before end,
                        recipient.role_after,
                        change.changes,
                        change.new ->> 'status' = 'cancelled'
                    )
                    -- One waiting for longer speaks for those that came after it.
                    when 'registration' then case
                        when recipient.role_after is not null and exists (
                            select from public.session_registrations as registration
                            where
                                registration.session_id = email.session_id
                                and registration.student_id = email.recipient_id
                                and registration.status = 'registered'
                            offset 0
                        ) then coalesce(
                            (
                                select younger.kind
                                from notifier.emails as younger
                                where
                                    younger.session_id = email.session_id
                                    and younger.recipient_id = email.recipient_id
                                    and younger.topic = email.topic
                                    and younger.event_id > email.event_id
                                    and younger.status in ('queued', 'claimed', 'sending', 'in_doubt')
                                order by younger.event_id desc
                                limit 1
                            ),
                            email.kind
                        )
                    end
                    when 'reminder' then email.kind
                    when 'warning' then case
                        when notifier.attendance_warning(email.session_id, email.recipient_id) is not null
                            then 'attendance_warning'::notifier.email_kind
                    end
                    when 'week' then case
                        when exists (
                            select from public.user_roles as held
                            where held.user_id = email.recipient_id and held.role = 'mentor'
                            offset 0
                        ) then 'weekly_summary'::notifier.email_kind
                    end
                    when 'summary' then case
                        when exists (
                            select from public.success_sessions as session
                            inner join public.user_roles as held on session.mentor_id = held.user_id
                            where
                                session.id = email.session_id
                                and session.mentor_id = email.recipient_id
                                and held.role = 'mentor'
                            offset 0
                        ) then 'attendance_summary'::notifier.email_kind
                    end
                    when 'recording' then case
                        when (
                            select private.may_watch(event.recording_id, email.recipient_id)
                            from notifier.events as event
                            where event.id = email.event_id
                            offset 0
                        ) then 'recording_available'::notifier.email_kind
                    end
                end as kind,
                case email.topic
                    when 'reminder'
                        then notifier.reminder_refusal(email.event_id, email.recipient_id, v_now)
                end as reminder_refusal,
                email.topic not in ('summary', 'recording', 'warning', 'week') and (
                    change.new ->> 'status' = 'completed'
                    or (
                        case
                            when email.topic = 'invitation' and recipient.role_after is null then change.old
                            else change.new
                        end ->> 'end_time'
                    )::timestamptz <= v_now
                ) as is_over
            offset 0 -- each of them once, however often it is read here
        ) as decision
        left join lateral (
            select preference.*
            from public.notification_preferences as preference
            where preference.user_id = email.recipient_id and preference.kind = '*'
            offset 0
        ) as general on true
        cross join lateral (
            select
                email.is_in_doubt
                or decision.kind::text <> all(private.optional_mail_kinds())
                or (
                    email.topic = 'invitation'
                    and coalesce(change.changes ?| array['meeting_details', 'meeting_link'], false)
                )
                or coalesce(
                    (
                        select preference.enabled
                        from public.notification_preferences as preference
                        where preference.user_id = email.recipient_id and preference.kind = decision.kind::text
                        offset 0
                    ),
                    case decision.kind when 'weekly_summary' then false else general.enabled end,
                    true
                ) as is_wanted
        ) as wish
        left join lateral (
            select *
            from notifier.postponement(
                email.topic,
                decision.kind,
                change.old,
                change.new,
                change.changes,
                person.timezone,
                general.quiet_from,
                general.quiet_until,
                general.digest_at,
                email.postponed_for,
                v_now
            )
            where num_nonnulls(general.quiet_from, general.digest_at) > 0 and not email.is_in_doubt
            offset 0
        ) as wait on true
    ),
    -- What one in doubt consists of stays together: a part whose time has passed meanwhile goes along with the others.
    weighed as materialized (
        select
            settled.*,
            first_value(settled.id) over mail_rows as carrier_id,
            max(settled.attempt) over mail as mail_attempt,
            -- A mail waits if all of it may.
            case when bool_and(settled.wait_for is not null) over mail then max(settled.wait_until) over mail end
                as mail_wait_until
        from (
            select
                reviewed.id,
                reviewed.event_id,
                reviewed.session_id,
                reviewed.recipient_id,
                reviewed.topic,
                reviewed.urgent,
                reviewed.parcel_id,
                reviewed.available_at,
                reviewed.attempt,
                reviewed.is_in_doubt,
                reviewed.doubt_id,
                reviewed.from_id,
                reviewed.through_id,
                reviewed.changes,
                reviewed.address,
                reviewed.full_name,
                reviewed.timezone,
                reviewed.locale,
                reviewed.role,
                reviewed.is_out,
                reviewed.is_stranger,
                reviewed.final_kind,
                reviewed.is_of_enrollment,
                reviewed.mentor_id,
                reviewed.transaction_id = '0' as is_digest,
                reviewed.wait_for,
                reviewed.wait_until,
                decision.skip_reason,
                case
                    -- By itself, also where it was the carrier of what is in doubt and goes on.
                    when decision.skip_reason is not null then 'skipped ' || reviewed.id::text
                    when reviewed.is_in_doubt then reviewed.doubt_id::text
                    when reviewed.transaction_id is not null
                        then concat_ws(
                            ' ',
                            reviewed.transaction_id,
                            reviewed.recipient_id,
                            case reviewed.topic when 'recording' then 'learner' else reviewed.role end
                        )
                    else reviewed.id::text
                end as mail_key
            from (
                select
                    reviewed.*,
                    bool_or(reviewed.skip_reason is null) over (partition by reviewed.doubt_id) as is_needed
                from reviewed
            ) as reviewed
            cross join lateral (
                select case
                    when not (reviewed.is_in_doubt and reviewed.is_needed and reviewed.skip_reason = 'session_over')
                        then reviewed.skip_reason
                end as skip_reason
            ) as decision
        ) as settled
        window
            mail as (partition by settled.mail_key),
            mail_rows as (
                partition by settled.mail_key
                order by settled.id is distinct from settled.doubt_id, settled.event_id, settled.id
            )
    ),
    judged as materialized (
        select
            weighed.*,
            case
                when weighed.skip_reason is not null then 'skip'
                when weighed.mail_wait_until is not null then 'wait'
                else 'tell'
            end as verdict
        from weighed
    ),
    -- One for those who take part, one for those who are out and one for those who are out and were never in, in each
    -- span.
    shown as materialized (
        select
            variant.from_id,
            variant.through_id,
            variant.topic,
            variant.is_out,
            variant.is_stranger,
            notifier.session_details(known.snapshot) as details,
            (known.snapshot ->> 'start_time')::timestamptz as start_time,
            (known.snapshot ->> 'calendar_uid')::uuid as calendar_uid,
            jsonb_populate_record(
                null::public.success_sessions,
                known.snapshot || jsonb_build_object('updated_at', change.changed_at)
            ) as session,
            case
                when variant.topic in ('summary', 'recording', 'reminder', 'warning', 'week') or variant.is_stranger
                    then null
                when variant.is_out then 'CANCEL'
                else 'REQUEST'
            end as method
        from (
            select distinct
                judged.from_id,
                judged.through_id,
                judged.topic,
                judged.is_out,
                judged.is_stranger
            from judged
            where judged.verdict = 'tell'
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
    part as materialized (
        select
            judged.carrier_id,
            judged.is_digest,
            judged.is_of_enrollment,
            judged.final_kind as kind,
            case
                when judged.final_kind in ('session_rescheduled', 'session_updated', 'meeting_link_changed')
                    then judged.changes
                when judged.final_kind = 'weekly_summary'
                    then jsonb_build_object(
                        'attendance', private.attendance_summary(judged.session_id) - array['students', 'csv']
                    )
                else '{}'
            end as changes,
            shown.details,
            shown.start_time,
            shown.calendar_uid,
            shown.session,
            shown.method,
            concat_ws(
                ' ',
                judged.from_id,
                judged.through_id,
                judged.is_out,
                judged.is_stranger,
                judged.is_of_enrollment,
                judged.final_kind
            ) as part_key
        from judged
        inner join shown
            on
                judged.from_id = shown.from_id
                and judged.through_id = shown.through_id
                and judged.topic = shown.topic
                and judged.is_out = shown.is_out
                and judged.is_stranger = shown.is_stranger
        where judged.verdict = 'tell'
    ),
    mail as materialized (
        select
            part.carrier_id,
            string_agg(part.part_key, ',' order by part.start_time, part.part_key)
            || case when bool_or(part.is_digest) then ' digest' else '' end as edition_key
        from part
        group by part.carrier_id
    ),
    -- What all mails of the same parts say.
    edition as materialized (
        select
            sample.edition_key,
            content.kind,
            content.optional_kind,
            content.parts,
            calendar.methods,
            calendar.contents
        from (
            select
                mail.edition_key,
                (array_agg(mail.carrier_id))[1] as carrier_id
            from mail
            group by mail.edition_key
        ) as sample
        cross join lateral (
            select
                case
                    when bool_and(part.is_of_enrollment and part.kind = 'session_scheduled') then 'enrollment_schedule'
                    when max(part.kind) = 'weekly_summary' and min(part.kind) = 'weekly_summary' then 'weekly_summary'
                    when count(*) = 1 then max(part.kind)::text
                    when bool_or(part.is_digest) then 'daily_digest'
                    when count(distinct part.kind) > 1 then 'series_updated'
                    when max(part.kind) in ('mentor_assigned', 'mentor_unassigned') then max(part.kind)::text
                    when max(part.kind) = 'session_scheduled' then 'series_scheduled'
                    when max(part.kind) = 'session_cancelled' then 'series_cancelled'
                    else 'series_updated'
                end as kind,
                case
                    when count(distinct part.kind) = 1
                        and max(part.kind)::text = any(private.optional_mail_kinds())
                        and not bool_or(part.changes ?| array['meeting_details', 'meeting_link'])
                        then max(part.kind)::text
                end as optional_kind,
                jsonb_agg(
                    jsonb_build_object('kind', part.kind, 'session', part.details, 'changes', part.changes)
                    order by part.start_time, part.part_key
                ) as parts
            from part
            where part.carrier_id = sample.carrier_id
        ) as content
        cross join lateral (
            select
                array_agg(object.method order by object.start_time, object.method) as methods,
                array_agg(object.content order by object.start_time, object.method) as contents
            from (
                select
                    part.method,
                    min(part.start_time) as start_time,
                    private.sessions_calendar(
                        array_agg(part.session),
                        part.method,
                        -- A VEVENT for the series replaces every date that the recipient has of it, so it is sent with
                        -- all of them or not at all: not with those that a rolling series grows by later.
                        bool_and(part.kind in ('session_scheduled', 'mentor_assigned'))
                        and count(*) = (
                            select count(*) from public.success_sessions as session
                            where
                                session.calendar_uid = part.calendar_uid
                                -- One in doubt is the same again when the series has grown meanwhile.
                                and session.created_at <= max((part.session).updated_at)
                        ),
                        organizer,
                        null,
                        null,
                        app_url
                    ) as content
                from part
                where part.carrier_id = sample.carrier_id and part.method is not null
                group by part.calendar_uid, part.method
            ) as object
        ) as calendar
    ),
    marked as (
        update notifier.emails as marked
        set
            status = case judged.verdict
                when 'tell' then 'claimed'
                when 'wait' then 'queued'
                else 'skipped'
            end::notifier.email_status,
            kind = coalesce(judged.final_kind, marked.kind),
            -- What waits for the mail of the day goes with whatever else does.
            transaction_id = case
                when judged.verdict = 'wait' and judged.wait_for = 'digest' then '0' else marked.transaction_id
            end,
            available_at = case when judged.verdict = 'wait' then judged.mail_wait_until else marked.available_at end,
            postponed_for = case when judged.verdict = 'wait' then judged.wait_for else marked.postponed_for end,
            -- Of all rows of a mail the same, so that they stay together to the end.
            attempts = case when judged.verdict = 'tell' then judged.mail_attempt else marked.attempts end,
            claim_id = case when judged.verdict = 'tell' then decide_emails.claim_id end,
            claimed_by = case when judged.verdict = 'tell' then worker end,
            lease_until = case when judged.verdict = 'tell' and judged.id = judged.carrier_id then v_now + lease end,
            carried_by = case
                when judged.verdict = 'tell' and judged.id <> judged.carrier_id then judged.carrier_id
            end,
            -- A mail skipped because of what happened, or because its kind is not wanted, has dealt with it, as one
            -- sent has. Skipped for another reason, it has not.
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
    folded as (
        update notifier.emails as later
        set status = 'skipped', skip_reason = 'superseded'
        where later.id = any(
            array(
                select younger.id
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
                ) as younger
                -- Each recording is told of by itself; a reminder that is dropped says nothing for the next one.
                where
                    not judged.is_in_doubt
                    and judged.verdict <> 'wait'
                    and judged.topic <> 'recording'
                    and (judged.topic <> 'reminder' or judged.skip_reason is null)
                    and younger.status = 'queued'
            )
        )
    )
    select
        judged.id,
        decide_emails.claim_id,
        judged.event_id,
        edition.kind,
        judged.is_in_doubt,
        judged.mail_attempt,
        judged.recipient_id,
        judged.address,
        judged.full_name,
        judged.timezone,
        judged.locale,
        case judged.topic
            when 'summary' then 'host'
            when 'week' then 'host'
            when 'recording' then 'learner'
            when 'warning' then case (judged.mentor_id = judged.recipient_id) when true then 'host' else 'learner' end
            else judged.role
        end,
        edition.parts -> 0 -> 'session',
        edition.parts -> 0 -> 'changes',
        edition.parts,
        calendar.objects,
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
        judged.parcel_id
    from judged
    inner join mail on judged.id = mail.carrier_id
    inner join edition on mail.edition_key = edition.edition_key
    cross join lateral (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'method', object.method,
                        'content', private.calendar_for(object.content, judged.address, judged.full_name)
                    )
                    order by object.position
                ),
                '[]'
            ) as objects
        from unnest(edition.methods, edition.contents) with ordinality as object (method, content, position)
    ) as calendar
    order by judged.urgent desc, judged.available_at, judged.event_id, judged.id;
end
$$;
comment on function notifier.decide_emails(uuid[], uuid, text, interval, text, text) is
    'Decides for each of these rows, which the caller has locked, whether it is to be sent and what it says; claims or skips it, and returns the mails claimed.';
revoke execute on function notifier.decide_emails(uuid[], uuid, text, interval, text, text) from public;
