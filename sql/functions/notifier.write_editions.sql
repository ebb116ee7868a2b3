-- Writes what mails say, once for all that are of the same parts. For `offset 0` see notifier.lock_due_emails.
create function notifier.write_editions(told notifier.judged_email[], organizer text, app_url text)
returns setof notifier.edition
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
        select listed.* from unnest(told) as listed
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
                known.snapshot || jsonb_build_object('updated_at', latest.created_at)
            ) as session,
            case
                when variant.topic in ('summary', 'recording', 'reminder', 'warning', 'week') or variant.is_stranger
                    then null
                when variant.is_out then 'CANCEL'
                else 'REQUEST'
            end as method
        from (
            select distinct
                email.from_id,
                email.through_id,
                email.topic,
                email.is_out,
                email.is_stranger
            from email
        ) as variant
        cross join lateral (
            select
                event.new,
                event.created_at
            from notifier.events as event
            where event.id = variant.through_id
            offset 0
        ) as latest
        cross join lateral (
            select
                case
                    when variant.is_out
                        then (
                            select event.old
                            from notifier.events as event
                            where event.id = variant.from_id
                            offset 0
                        ) || jsonb_build_object(
                            'status', latest.new -> 'status',
                            'cancel_reason', latest.new -> 'cancel_reason',
                            'sequence', latest.new -> 'sequence'
                        )
                    else latest.new
                end as snapshot
            offset 0
        ) as known
    ),
    part as materialized (
        select
            email.carrier_id,
            email.is_digest,
            email.is_of_enrollment,
            email.kind,
            case
                when email.kind in ('session_rescheduled', 'session_updated', 'meeting_link_changed')
                    or email.changes ? 'status'
                    then email.changes
                when email.kind = 'weekly_summary'
                    then jsonb_build_object('attendance', private.attendance_counts(email.session_id))
                else '{}'
            end as changes,
            shown.details,
            shown.start_time,
            shown.calendar_uid,
            shown.session,
            shown.method,
            concat_ws(
                ' ',
                email.from_id,
                email.through_id,
                email.is_out,
                email.is_stranger,
                email.is_of_enrollment,
                email.kind
            ) as part_key
        from email
        inner join shown
            on
                email.from_id = shown.from_id
                and email.through_id = shown.through_id
                and email.topic = shown.topic
                and email.is_out = shown.is_out
                and email.is_stranger = shown.is_stranger
    ),
    edition as materialized (
        select
            array_agg(mail.carrier_id) as email_ids,
            (array_agg(mail.carrier_id))[1] as sample_id
        from (
            select
                part.carrier_id,
                string_agg(part.part_key, ',' order by part.start_time, part.part_key) as part_keys,
                bool_or(part.is_digest) as is_digest
            from part
            group by part.carrier_id
        ) as mail
        group by mail.part_keys, mail.is_digest
    )
    select
        edition.email_ids,
        content.kind,
        content.optional_kind,
        content.sessions,
        content.parts,
        coalesce(calendar.objects, '{}')
    from edition
    cross join lateral (
        select
            case
                when bool_and(part.is_of_enrollment and part.kind = 'session_scheduled') then 'enrollment_schedule'
                when max(part.kind) = 'weekly_summary' and min(part.kind) = 'weekly_summary' then 'weekly_summary'
                when count(*) = 1 then max(part.kind)::text
                when bool_or(part.is_digest) then 'daily_digest'
                when count(distinct part.kind) > 1 then 'series_updated'
                when max(part.kind) in ('mentor_assigned', 'mentor_unassigned') then max(part.kind)::text
                when max(part.kind) = 'session_scheduled' and not bool_or(part.changes ? 'status')
                    then 'series_scheduled'
                when max(part.kind) = 'session_cancelled' then 'series_cancelled'
                else 'series_updated'
            end as kind,
            case
                when count(distinct part.kind) = 1
                    and max(part.kind)::text = any(private.optional_mail_kinds())
                    and not bool_or(part.changes ?| array['meeting_details', 'meeting_link'])
                    then max(part.kind)::text
            end as optional_kind,
            count(*)::integer as sessions,
            jsonb_agg(
                jsonb_build_object('kind', part.kind, 'session', part.details, 'changes', part.changes)
                order by part.start_time, part.part_key
            )::text as parts
        from part
        where part.carrier_id = edition.sample_id
    ) as content
    cross join lateral (
        select array_agg(object.content order by object.start_time, object.method) as objects
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
                            -- Only those made by then, so that a mail in doubt is repeated as it was though the series
                            -- has grown since.
                            and session.created_at <= max((part.session).updated_at)
                    ),
                    organizer,
                    null,
                    null,
                    app_url
                ) as content
            from part
            where part.carrier_id = edition.sample_id and part.method is not null
            group by part.calendar_uid, part.method
        ) as object
    ) as calendar;
end
$$;
comment on function notifier.write_editions(notifier.judged_email[], text, text) is
    'What these mails say, once for all that are of the same parts. organizer: mailbox named in calendar parts; app_url: where links lead.';
revoke execute on function notifier.write_editions(notifier.judged_email[], text, text) from public;
