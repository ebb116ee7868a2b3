-- For the functions that give seats. Each event concerns one person, so the mail is queued at once, without expansion;
-- the event holds its place in the history of the session and wakes the notifier. It is urgent: that person has just
-- asked, or has waited for the seat. The session is read anew, once for all of them: what an event says must be the
-- state at its place in that history, which the row lock guards.
create function notifier.tell_registration(
    session_id uuid,
    student_ids uuid[],
    kind notifier.email_kind
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_session public.success_sessions;
    v_snapshot jsonb;
begin
    if tell_registration.kind is null
        or tell_registration.kind not in ('registration_confirmed', 'waitlist_promoted')
    then
        raise exception using
            errcode = '22023',
            message = format(
                'kind must be registration_confirmed or waitlist_promoted, not %s',
                coalesce(tell_registration.kind::text, 'null')
            );
    end if;
    select locked.* into v_session
    from public.success_sessions as locked
    where locked.id = tell_registration.session_id
    for no key update;
    v_snapshot := notifier.session_snapshot(v_session);
    if not notifier.is_open(v_snapshot) then
        return;
    end if;
    with written as (
        insert into notifier.events (session_id, student_id, old, new, expanded_at)
        select v_session.id, student.id, v_snapshot, v_snapshot, v_now
        from unnest(tell_registration.student_ids) with ordinality as student (id, place)
        order by student.place
        returning id, student_id
    )
    -- If an earlier mail about the seat waits for its next attempt, this one waits as long, and the claim folds it into
    -- that one.
    insert into notifier.emails (event_id, session_id, recipient_id, kind, urgent, available_at)
    select
        written.id,
        v_session.id,
        written.student_id,
        tell_registration.kind,
        true,
        greatest(v_now, waiting.available_at)
    from written
    cross join lateral (
        select max(earlier.available_at) as available_at
        from notifier.emails as earlier
        where
            earlier.session_id = v_session.id
            and earlier.recipient_id = written.student_id
            and earlier.topic = 'registration'
            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
    ) as waiting;
end
$$;
comment on function notifier.tell_registration(uuid, uuid[], notifier.email_kind) is
    'Queues a mail of kind registration_confirmed or waitlist_promoted for each student who got a seat, in this order; sent only if they still have it then. Nothing for a session that is not upcoming or live.';
revoke execute on function notifier.tell_registration(uuid, uuid[], notifier.email_kind) from public;
