-- Mails of most topics do not tell of a change but of something that is so, and are sent only while it is. For
-- `offset 0` see notifier.lock_due_emails.
create function notifier.kind_if_it_holds(
    topic notifier.email_topic,
    kind notifier.email_kind,
    event_id bigint,
    session_id uuid,
    recipient_id uuid
)
returns notifier.email_kind
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_holds boolean;
begin
    case topic
        when 'registration' then
            v_holds := exists (
                select from public.session_registrations as registration
                where
                    registration.session_id = kind_if_it_holds.session_id
                    and registration.student_id = kind_if_it_holds.recipient_id
                    and registration.status = 'registered'
            );
            -- Later mails about the seat are folded into this one: it tells what the latest of them would.
            kind := coalesce(
                (
                    select younger.kind
                    from notifier.emails as younger
                    where
                        younger.session_id = kind_if_it_holds.session_id
                        and younger.recipient_id = kind_if_it_holds.recipient_id
                        and younger.topic = kind_if_it_holds.topic
                        and younger.event_id > kind_if_it_holds.event_id
                        and younger.status in ('queued', 'claimed', 'sending', 'in_doubt')
                    order by younger.event_id desc
                    limit 1
                ),
                kind
            );
        when 'warning' then
            v_holds := notifier.attendance_warning(session_id, recipient_id) is not null;
        when 'week' then
            v_holds := exists (
                select from public.user_roles as held
                where held.user_id = kind_if_it_holds.recipient_id and held.role = 'mentor'
            );
        when 'summary' then
            v_holds := exists (
                select from public.success_sessions as session
                inner join public.user_roles as held on session.mentor_id = held.user_id
                where
                    session.id = kind_if_it_holds.session_id
                    and session.mentor_id = kind_if_it_holds.recipient_id
                    and held.role = 'mentor'
                offset 0
            );
        when 'recording' then
            v_holds := (
                select private.may_watch(event.recording_id, kind_if_it_holds.recipient_id)
                from notifier.events as event
                where event.id = kind_if_it_holds.event_id
            );
        else
            v_holds := true; -- what speaks against a reminder notifier.reminder_refusal says
    end case;
    return case when v_holds then kind end;
end
$$;
comment on function notifier.kind_if_it_holds(notifier.email_topic, notifier.email_kind, bigint, uuid, uuid) is
    'Kind of a mail that tells of no change, by its event, session and recipient; null once what it tells is no longer so.';
revoke execute on function notifier.kind_if_it_holds(
    notifier.email_topic, notifier.email_kind, bigint, uuid, uuid
) from public;
