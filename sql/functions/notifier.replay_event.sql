-- For operators, when mails were accepted and then lost, by a mail server or a filter: tells everybody again what an
-- event told. It is a new event from the same old state to what holds now, so that everything else is decided as ever:
-- who is still to be told, what is true, what is too late. The session is locked first, because the ids of its events
-- rise in the order of its changes.
--
-- The end of a session is not expanded again: its attendance is final, other systems have heard of it, and who was
-- warned is known. What would reach nobody is refused: an operator who is told that it is told again believes it.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.replay_event(event_id bigint, out replayed_as bigint, out left_out notifier.email_kind[])
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    c_whole_session constant text :=
        'Replay the event that made the session instead: it reaches all who take part in it now.';
    v_event notifier.events;
    v_session public.success_sessions;
    v_now jsonb;
    v_kind notifier.email_kind;
    v_refusal text;
    v_hint text;
begin
    select event.* into v_event from notifier.events as event where event.id = replay_event.event_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('there is no event %s', coalesce(replay_event.event_id::text, 'null')),
            hint = 'Events are kept as long as notifier.purge() leaves them.';
    end if;
    select session.* into v_session
    from public.success_sessions as session
    where session.id = v_event.session_id
    for no key update;
    if found then
        v_now := notifier.session_snapshot(v_session);
    end if;

    if v_now is null then
        v_refusal := 'the session of event %s has been deleted';
        v_hint := 'There is nothing left to tell of it.';
    elsif v_event.expanded_at is null then
        v_refusal := 'event %s has not been told yet';
        v_hint := 'A notifier that runs tells it.';
    elsif v_event.enrollment_position is not null then
        v_refusal := 'event %s told those who came to the session, or left it, and cannot be told again';
        v_hint := c_whole_session;
    elsif v_event.topic = 'reminder' then
        v_refusal := 'event %s is a reminder, which has had its time';
        v_hint := c_whole_session;
    elsif v_event.topic = 'registration' and not (
        notifier.is_open(v_now)
        and exists (
            select from public.session_registrations as registration
            where
                registration.session_id = v_event.session_id
                and registration.student_id = v_event.student_id
                and registration.status = 'registered'
            offset 0
        )
    ) then
        v_refusal := 'the seat that event %s told of is none any more';
        v_hint := 'There is nothing left to tell of it.';
    elsif v_event.topic = 'recording' and not exists (
        select from public.session_recordings as recording
        where
            recording.id = v_event.recording_id
            and recording.is_published
            and recording.available_from <= clock_timestamp()
            and (recording.available_until > clock_timestamp()) is not false
        offset 0
    ) then
        v_refusal := 'the recording that event %s told of cannot be watched any more';
        v_hint := 'Publish it again first.';
    elsif v_event.topic = 'invitation' then
        if v_session.status = 'completed'
            or greatest(v_session.end_time, (v_event.old ->> 'end_time')::timestamptz) <= clock_timestamp()
        then
            v_refusal := 'the session of event %s is over';
            v_hint := 'Of what is over only summary and recordings are told, which have events of their own.';
        -- As notifier.event_candidates has it.
        elsif notifier.is_open(v_event.old) = notifier.is_open(v_now)
            and (
                not notifier.is_open(v_now)
                or (
                    (v_event.old ->> 'course_id', v_event.old ->> 'batch_id')
                    is not distinct from (v_now ->> 'course_id', v_now ->> 'batch_id')
                    and notifier.session_changes(v_event.old, v_now) = '{}'
                    and v_event.participants_added || v_event.participants_removed = '{}'
                )
            )
        then
            v_refusal := 'the session is again as it was before event %s';
            v_hint := 'There is nothing left to tell of it.';
        end if;
    end if;
    if v_refusal is not null then
        raise exception using errcode = 'PT409', message = format(v_refusal, v_event.id), hint = v_hint;
    end if;

    left_out := array(
        select distinct hanging.kind
        from notifier.emails as hanging
        where hanging.event_id = v_event.id and hanging.topic = 'week'
    );
    if v_event.topic = 'registration' then
        select email.kind into v_kind
        from notifier.emails as email
        where email.event_id = v_event.id and email.topic = 'registration'
        limit 1;
        perform notifier.tell_registration(
            v_session.id, array[v_event.student_id], coalesce(v_kind, 'registration_confirmed')
        );
        select max(event.id) into replayed_as
        from notifier.events as event
        where event.session_id = v_session.id;
        return;
    end if;
    insert into notifier.events (
        session_id, recording_id, old, new, participants_added, participants_removed, expanded_at
    )
    values (
        v_event.session_id,
        v_event.recording_id,
        v_event.old,
        v_now,
        v_event.participants_added,
        v_event.participants_removed,
        case v_event.topic when 'summary' then clock_timestamp() end
    )
    returning id into replayed_as;
    if v_event.topic = 'summary' then
        insert into notifier.emails (event_id, session_id, recipient_id, kind)
        select
            replayed_as,
            v_session.id,
            told.recipient_id,
            told.kind
        from (
            select
                v_session.mentor_id as recipient_id,
                'attendance_summary'::notifier.email_kind as kind
            where v_session.mentor_id is not null
            union all
            select
                warned.recipient_id,
                warned.kind
            from notifier.emails as warned
            where warned.event_id = v_event.id and warned.topic = 'warning'
        ) as told
        order by told.recipient_id;
        if not found then
            raise exception using
                errcode = 'PT409',
                message = format('event %s concerns nobody any more', v_event.id),
                hint = 'A session''s summary is its mentor''s, and it has none.';
        end if;
    end if;
end
$$;
comment on function notifier.replay_event(bigint) is
    'Tells again what an event told, as it is now, to those whom it still concerns; returns the new event''s id, and the kinds of mail that hang on the event and are not told again. PT404: no such event; PT409: it cannot be told again, and why.';
revoke execute on function notifier.replay_event(bigint) from public;
grant execute on function notifier.replay_event(bigint) to notifier;
