-- Each mail by itself: who its recipient is now, what it is to be, what speaks against sending it now or at all. Then
-- the mails of one person that go out together: all of them, or none yet. What is the same for many is worked out once
-- per span of events. For `offset 0` see notifier.lock_due_emails.
create function notifier.judge_emails(email_ids uuid[], as_of timestamptz)
returns setof notifier.judged_email
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_nestloop = off
set jit = off
as $$
begin
    return query
    with
    email as materialized (
        select untold.* from notifier.find_untold(email_ids) as untold
    ),
    change as materialized (
        select
            span.from_id,
            span.through_id,
            span.session_id,
            span.recipient_ids,
            earliest.old,
            latest.new,
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
            select event.new
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
                recipient.role_after,
                recipient.role_before,
                case when standing.is_doubted_farewell then 'learner' end
            ) as role,
            standing.is_out,
            standing.is_out and not decision.was_invited as is_stranger,
            case when email.is_in_doubt then email.kind else decision.kind end as final_kind,
            -- The first reason that holds: why there is nothing to tell comes before why it cannot be told.
            case
                when email.from_id is null then 'already_told'
                when decision.reminder_refusal is not null then decision.reminder_refusal
                when email.topic = 'warning' and decision.kind is null then 'nothing_changed'
                when email.topic = 'week' and decision.kind is null then 'not_invited'
                when decision.is_over then 'session_over'
                -- Whoever left without having heard of the session is not told that they are out.
                when standing.is_out and recipient.has_left and not decision.was_invited then 'not_invited'
                -- Nor is whoever has been told already that they are out.
                when standing.is_out and email.is_told_out and not email.is_in_doubt then 'nothing_changed'
                -- A mail in doubt is not repeated to whoever has no access any more: what they hear next is that they
                -- are out.
                when email.is_in_doubt and standing.is_out and not standing.is_doubted_farewell then 'not_invited'
                when decision.kind is null
                    and recipient.role_after is null
                    and (recipient.role_before is null or email.topic = 'registration')
                    then case change.new ->> 'status'
                        when 'cancelled' then 'cancelled_before_told'
                        else 'not_invited'
                    end
                when decision.kind is null and email.topic = 'registration' then 'not_registered'
                when decision.kind is null then 'nothing_changed'
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
                -- The mail that told them that they are out may not have arrived, and later events are told only to
                -- those who take part.
                email.is_in_doubt
                and email.topic = 'invitation'
                and recipient.role_after is null
                and email.kind in ('session_cancelled', 'mentor_unassigned') as is_doubted_farewell
            offset 0
        ) as standing
        cross join lateral (
            select
                -- Only a calendar that was sent the session has something to take out.
                standing.is_out and (
                    exists (
                        select from notifier.emails as invitation
                        where
                            invitation.session_id = email.session_id
                            and invitation.recipient_id = email.recipient_id
                            and invitation.topic in ('invitation', 'registration')
                            and invitation.kind not in ('session_cancelled', 'mentor_unassigned')
                            and invitation.status in ('sent', 'skipped', 'dead')
                            and (invitation.status = 'sent' or invitation.in_doubt_at is not null)
                        offset 0
                    )
                    or exists (
                        select from notifier.emails as invitation
                        where
                            invitation.session_id = email.session_id
                            and invitation.recipient_id = email.recipient_id
                            and invitation.topic in ('invitation', 'registration')
                            and invitation.kind not in ('session_cancelled', 'mentor_unassigned')
                            and invitation.status in ('queued', 'claimed', 'sending', 'in_doubt')
                            and invitation.in_doubt_at is not null
                        offset 0
                    )
                ) as was_invited,
                case
                    when standing.is_doubted_farewell then email.kind
                    when email.topic = 'invitation' then notifier.mail_kind(
                        -- If their last mail may not have arrived, those who are in are told anew, and those who are
                        -- out that they are.
                        case when recipient.role_after is null or not email.is_doubted then recipient.role_before end,
                        recipient.role_after,
                        change.changes,
                        change.new ->> 'status' = 'cancelled'
                    )
                    when email.topic <> 'registration' or recipient.role_after is not null
                        then notifier.kind_if_it_holds(
                            email.topic, email.kind, email.event_id, email.session_id, email.recipient_id
                        )
                end as kind,
                case email.topic
                    when 'reminder' then notifier.reminder_refusal(email.event_id, email.recipient_id, as_of)
                end as reminder_refusal,
                email.topic not in ('summary', 'recording', 'warning', 'week') and (
                    change.new ->> 'status' = 'completed'
                    or (case when standing.is_out then change.old else change.new end ->> 'end_time')::timestamptz
                    <= as_of
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
                as_of
            )
            where num_nonnulls(general.quiet_from, general.digest_at) > 0 and not email.is_in_doubt
            offset 0
        ) as wait on true
    ),
    -- The parts of a mail in doubt stay together: a part whose session is over by now goes along with the others.
    settled as (
        select
            reviewed.*,
            decision.skip_reason as final_skip_reason,
            case
                -- What is skipped is skipped by itself, even the carrier of a mail in doubt whose other parts go on.
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
    ),
    weighed as (
        select
            settled.*,
            first_value(settled.id) over mail_rows as carrier_id,
            max(settled.attempt) over mail as mail_attempt,
            -- A mail of several parts waits if each of them may wait.
            case when bool_and(settled.wait_for is not null) over mail then max(settled.wait_until) over mail end
                as mail_wait_until
        from settled
        window
            mail as (partition by settled.mail_key),
            mail_rows as (
                partition by settled.mail_key
                order by settled.id is distinct from settled.doubt_id, settled.event_id, settled.id
            )
    )
    select
        weighed.id,
        weighed.carrier_id,
        case
            when weighed.final_skip_reason is not null then 'skip'
            when weighed.mail_wait_until is not null then 'wait'
            else 'tell'
        end,
        weighed.final_skip_reason,
        weighed.wait_for,
        weighed.mail_wait_until,
        weighed.event_id,
        weighed.session_id,
        weighed.recipient_id,
        weighed.topic,
        weighed.final_kind,
        weighed.urgent,
        weighed.parcel_id,
        weighed.available_at,
        weighed.mail_attempt,
        weighed.is_in_doubt,
        weighed.transaction_id is not distinct from '0',
        weighed.is_of_enrollment,
        weighed.from_id,
        weighed.through_id,
        weighed.changes,
        weighed.is_out,
        weighed.is_stranger,
        weighed.address,
        weighed.full_name,
        weighed.timezone,
        weighed.locale,
        case weighed.topic
            when 'summary' then 'host'
            when 'week' then 'host'
            when 'recording' then 'learner'
            when 'warning' then case (weighed.mentor_id = weighed.recipient_id) when true then 'host' else 'learner' end
            else weighed.role
        end
    from weighed;
end
$$;
comment on function notifier.judge_emails(uuid[], timestamptz) is
    'Says of each of these mails whether it is told, waits or is skipped at that moment, what it is and to whom.';
revoke execute on function notifier.judge_emails(uuid[], timestamptz) from public;
