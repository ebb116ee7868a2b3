-- For operators, when mails were accepted and then lost, by a mail server or a filter: tells everybody again what an
-- event told. It is a new event from the same old state to what holds now, so that everything else is decided as ever:
-- who is still to be told, what is true, what is too late. The session is locked first, because the ids of its events
-- rise in the order of its changes. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.replay_event(event_id bigint)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event notifier.events;
    v_session public.success_sessions;
    v_kind notifier.email_kind;
    v_replayed_as bigint;
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
    if not found then
        raise exception using
            errcode = 'PT409',
            message = format('the session of event %s has been deleted', v_event.id),
            hint = 'There is nothing left to tell of it.';
    end if;
    if v_event.topic = 'registration' then
        select email.kind into v_kind
        from notifier.emails as email
        where email.event_id = v_event.id and email.topic = 'registration'
        limit 1;
        perform notifier.tell_registration(v_session, v_event.student_id, coalesce(v_kind, 'registration_confirmed'));
        select max(event.id) into v_replayed_as
        from notifier.events as event
        where event.session_id = v_session.id;
        return v_replayed_as;
    end if;
    insert into notifier.events (session_id, old, new, participants_added, participants_removed)
    values (
        v_event.session_id,
        v_event.old,
        notifier.session_snapshot(v_session),
        v_event.participants_added,
        v_event.participants_removed
    )
    returning id into v_replayed_as;
    return v_replayed_as;
end
$$;
comment on function notifier.replay_event(bigint) is
    'Tells again what an event told, as it is now, to those whom it still concerns; returns the new event''s id. PT404: no such event; PT409: its session is deleted.';
revoke execute on function notifier.replay_event(bigint) from public;
grant execute on function notifier.replay_event(bigint) to notifier;
