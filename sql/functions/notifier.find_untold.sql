-- The first step of a decision: the events that each mail has to tell of, from what its recipient was told last to what
-- holds now. For `offset 0` see notifier.lock_due_emails.
create function notifier.find_untold(email_ids uuid[])
returns setof notifier.untold_email
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
    where held.id = any(email_ids);
end
$$;
comment on function notifier.find_untold(uuid[]) is
    'For each of these mails the span of events that its recipient has not been told of.';
revoke execute on function notifier.find_untold(uuid[]) from public;
