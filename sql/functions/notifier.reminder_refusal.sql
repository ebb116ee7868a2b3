-- A reminder is worth sending in the first half of its time: one meant for the day before not in the last twelve hours,
-- one for an hour before not in the last half. It is asked of the session as it is, also when a reminder in doubt is
-- repeated: after a cancellation nobody is reminded, and nobody who has no access any more.
create function notifier.reminder_refusal(event_id bigint, recipient_id uuid, as_of timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    c_just_now constant interval := interval '15 minutes';
    v_event notifier.events;
    v_session public.success_sessions;
    v_is_host boolean;
begin
    select event.* into v_event
    from notifier.events as event
    where event.id = reminder_refusal.event_id;
    select session.* into v_session
    from public.success_sessions as session
    where session.id = v_event.session_id;
    v_is_host := v_session.mentor_id = reminder_refusal.recipient_id and exists (
        select from public.user_roles as held
        where held.user_id = reminder_refusal.recipient_id and held.role = 'mentor'
    );
    return case
        when v_session.id is null or v_session.status = 'cancelled' then 'cancelled_before_told'
        when v_session.start_time <> (v_event.new ->> 'start_time')::timestamptz then 'session_moved'
        when v_session.status <> 'upcoming'
            or as_of > v_session.start_time - make_interval(mins => v_event.reminder_minutes) / 2
            then 'too_late'
        when v_is_host is not true and not private.is_session_learner(v_session, reminder_refusal.recipient_id)
            then 'not_invited'
        when v_is_host is not true and not private.has_seat(v_session, reminder_refusal.recipient_id)
            then 'not_registered'
        when exists (
            select from notifier.emails as waiting
            where
                waiting.session_id = v_event.session_id
                and waiting.recipient_id = reminder_refusal.recipient_id
                and waiting.topic in ('invitation', 'registration')
                and waiting.kind <> 'session_updated'
                and waiting.status in ('queued', 'claimed', 'sending', 'in_doubt')
        ) or exists (
            select from notifier.emails as told
            where
                told.session_id = v_event.session_id
                and told.recipient_id = reminder_refusal.recipient_id
                and told.topic in ('invitation', 'registration')
                and told.kind <> 'session_updated'
                and told.status in ('sent', 'skipped', 'dead')
                and told.sent_at > as_of - c_just_now
        ) then 'told_just_now'
    end;
end
$$;
comment on function notifier.reminder_refusal(bigint, uuid, timestamptz) is
    'Why the reminder of this event is not to be sent to this recipient: a skip_reason of notifier.emails; null: send it.';
revoke execute on function notifier.reminder_refusal(bigint, uuid, timestamptz) from public;
