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
                select untold.id
                from notifier.events as untold
                where
                    untold.session_id = held.session_id
                    and untold.topic between held.topic and held.topic
                    and untold.student_id is null
                    and untold.id > told.through_id
                order by untold.topic, untold.id
                limit 1
            )
        end as from_id,
        case
            when held.in_doubt_at is not null then held.told_through
            when held.topic in ('summary', 'recording', 'warning', 'week') then held.event_id
            -- A reminder's event is no change: what it remembers may be older than the change before it.
            else coalesce(
                (
                    select latest.id
                    from notifier.events as latest
                    where latest.session_id between held.session_id and held.session_id and latest.topic <> 'reminder'
                    order by latest.session_id desc, latest.id desc
                    limit 1
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
            -- Except a mail that was skipped because they were out: it says nothing of what they missed meanwhile.
            and not (origin.is_of_who_moved and earlier.skip_reason is not distinct from 'not_invited')
    ) as ahead
    -- Who came or went may have missed what was told to those who stayed, or have been told what others were not.
    left join lateral (
        select
            earlier.told_through,
            earlier.status <> 'sent' and earlier.in_doubt_at is not null as is_doubted,
            earlier.status = 'sent' and earlier.kind = 'session_cancelled' as is_told_out
        from (
            select settled.*
            from notifier.emails as settled
            where
                settled.session_id = held.session_id
                and settled.recipient_id = held.recipient_id
                and settled.topic = held.topic
                and settled.status in ('sent', 'skipped', 'dead')
                and (
                    settled.status = 'sent'
                    or settled.skip_reason in ('nothing_changed', 'switched_off')
                    or settled.in_doubt_at is not null
                )
            union all
            select unfinished.*
            from notifier.emails as unfinished
            where
                unfinished.session_id = held.session_id
                and unfinished.recipient_id = held.recipient_id
                and unfinished.topic = held.topic
                and unfinished.status in ('queued', 'claimed', 'sending', 'in_doubt')
                and unfinished.in_doubt_at is not null
                and unfinished.id <> held.id
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
