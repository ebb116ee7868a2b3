-- Why somebody sees a session, or was told of it.

-- == Explanations ====================================================================================================

create type public.session_access_rule as (
    rule text,
    decides text,
    holds boolean,
    fact text,
    remedy text
);
comment on type public.session_access_rule is
    'One rule of who sees and may join a session, and what it says of one user. One of the rules that decide see must hold; to join, in addition all that decide join.';
comment on column public.session_access_rule.rule is
    'manager, host, enrollment, invitation; status, seat, join_window, meeting; sees and may_join sum them up.';
comment on column public.session_access_rule.decides is 'see: one of them is enough; join: all of them are needed.';
comment on column public.session_access_rule.holds is 'What the rule says.';
comment on column public.session_access_rule.fact is 'The fact behind it.';
comment on column public.session_access_rule.remedy is 'What would change it; null: it holds, or nothing would.';

create type public.notification_explanation as (
    event_id bigint,
    changed_at timestamptz,
    change text,
    changed_fields text [],
    kind text,
    status text,
    explanation text,
    attempts integer,
    next_attempt_at timestamptz,
    in_doubt_at timestamptz,
    sent_at timestamptz,
    transport text,
    last_error text,
    email_id uuid
);
comment on type public.notification_explanation is 'What became of one change of a session for one user.';
comment on column public.notification_explanation.event_id is 'The change, in order.';
comment on column public.notification_explanation.changed_at is 'When it was made.';
comment on column public.notification_explanation.change is 'created, changed, cancelled, reinstated, completed or invitations; else what it is about, such as registration or reminder.';
comment on column public.notification_explanation.changed_fields is 'The fields of the session that changed; empty for a new one.';
comment on column public.notification_explanation.kind is 'What the mail is about; null: there is none.';
comment on column public.notification_explanation.status is
    'The mail''s: queued, claimed, sending, in_doubt, sent, skipped or dead; without one unexpanded, merged, told_with_another or not_concerned.';
comment on column public.notification_explanation.explanation is 'Why, in words.';
comment on column public.notification_explanation.attempts is 'How often it was tried; null without a mail.';
comment on column public.notification_explanation.next_attempt_at is 'When it is tried next; null where it waits for nothing.';
comment on column public.notification_explanation.in_doubt_at is 'When an attempt of unknown outcome was noticed.';
comment on column public.notification_explanation.sent_at is 'When a mail server''s acceptance was recorded.';
comment on column public.notification_explanation.transport is 'The transport that accepted it.';
comment on column public.notification_explanation.last_error is 'What the last failed attempt met, without addresses.';
comment on column public.notification_explanation.email_id is 'The mail, as the notifier''s log names it.';

-- Who may ask for explanations, and of what: managers, and the database's owner, who has no auth.uid() and would see no
-- session by private.visible_session; of sessions and users that exist. Security invoker: those who call it are
-- definers.
create function private.explained_session(session_id uuid, user_id uuid)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    if not private.is_owner_login() and not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may ask why somebody sees a session or was told of it',
            hint = 'Ask an enrollment manager or an admin.';
    end if;
    select session.* into v_session
    from public.success_sessions as session
    where session.id = explained_session.session_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('session_id %s is unknown', coalesce(explained_session.session_id::text, 'null')),
            hint = 'Send the id of a row of success_sessions.';
    end if;
    if not exists (select from public.profiles as profile where profile.id = explained_session.user_id) then
        raise exception using
            errcode = 'PT404',
            message = format('user_id %s is unknown', coalesce(explained_session.user_id::text, 'null')),
            hint = 'Send the id of a row of profiles.';
    end if;
    return v_session;
end
$$;
comment on function private.explained_session(uuid, uuid) is
    'The session, for a manager or the database''s owner who asks about a user. Errors: 42501 for everybody else; PT404 unknown session or user.';
revoke execute on function private.explained_session(uuid, uuid) from public;

-- That a role was taken away is not in user_roles; the audit log remembers it as long as it is kept.
create function private.role_text(user_id uuid, roles public.app_role[])
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_held text;
    v_lost text;
begin
    select string_agg(held.role::text, ', ' order by held.role) into v_held
    from public.user_roles as held
    where held.user_id = role_text.user_id and held.role = any(role_text.roles);
    if v_held is not null then
        return format('holds the role %s', v_held);
    end if;
    select
        format(
            'the role %s was taken away at %s', entry.row_key ->> 'role', private.utc_text(entry.occurred_at)
        ) into v_lost
    from public.audit_log as entry
    where
        entry.user_id = role_text.user_id
        and entry.table_name = 'user_roles'
        and entry.action = 'delete'
        and entry.row_key ->> 'role' = any(role_text.roles::text[])
    order by entry.id desc
    limit 1;
    return coalesce(v_lost, format('does not hold the role %s', array_to_string(role_text.roles, ', ')));
end
$$;
comment on function private.role_text(uuid, public.app_role[]) is
    'Which of these roles a user holds, or when the last of them was taken away, in words.';
revoke execute on function private.role_text(uuid, public.app_role[]) from public;

create function private.explain_enrollment(session public.success_sessions, user_id uuid)
returns public.session_access_rule
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_enrollment public.course_enrollments;
    v_since timestamptz;
    v_theirs text;
    v_rule public.session_access_rule;
    v_wanted constant text := coalesce(
        (
            select format('batch %s', quote_literal(batch.name))
            from public.batches as batch
            where batch.id = session.batch_id
        ),
        'the unbatched students'
    );
begin
    v_rule.rule := 'enrollment';
    v_rule.decides := 'see';
    v_rule.holds := false;
    if session.course_id is null then
        v_rule.fact := 'the session has no course: only those invited take part';
        v_rule.remedy := 'Give the session a course, or invite them.';
        return v_rule;
    end if;
    select enrollment.* into v_enrollment
    from public.course_enrollments as enrollment
    where enrollment.student_id = explain_enrollment.user_id and enrollment.course_id = session.course_id;
    if not found then
        v_rule.fact := 'is not enrolled in the course';
        v_rule.remedy := 'Enroll them: insert into course_enrollments.';
        return v_rule;
    end if;

    v_theirs := coalesce(
        (
            select format('in batch %s', quote_literal(batch.name))
            from public.batches as batch
            where batch.id = v_enrollment.batch_id
        ),
        'unbatched'
    );
    if v_enrollment.status <> 'active' then
        select entry.occurred_at into v_since
        from public.audit_log as entry
        where
            entry.user_id = explain_enrollment.user_id
            and entry.table_name = 'course_enrollments'
            and entry.row_key ->> 'id' = v_enrollment.id::text
            and entry.new ? 'status'
        order by entry.id desc
        limit 1;
        v_rule.fact := format(
            'the enrollment is %s since %s',
            v_enrollment.status,
            private.utc_text(coalesce(v_since, v_enrollment.updated_at))
        );
        v_rule.remedy := 'Set its status to active.';
        if v_enrollment.batch_id is distinct from session.batch_id then
            v_rule.fact := v_rule.fact || format(', and %s, while the session is for %s', v_theirs, v_wanted);
            v_rule.remedy := 'Set its status to active and its batch_id to the session''s, or invite them.';
        end if;
    elsif v_enrollment.batch_id is distinct from session.batch_id then
        v_rule.fact := format('is enrolled %s, while the session is for %s', v_theirs, v_wanted);
        v_rule.remedy := 'Set the enrollment''s batch_id to the session''s, or invite them.';
    else
        v_rule.holds := true;
        v_rule.fact := format('is actively enrolled in the course, %s', v_theirs);
    end if;
    return v_rule;
end
$$;
comment on function private.explain_enrollment(public.success_sessions, uuid) is
    'Whether an enrollment lets a user see a session, why, and what would.';
revoke execute on function private.explain_enrollment(public.success_sessions, uuid) from public;

create function private.explain_seat(session public.success_sessions, user_id uuid, is_staff boolean)
returns public.session_access_rule
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_closes_at constant timestamptz := least(session.registration_closes_at, session.start_time);
    v_is_open constant boolean := session.status = 'upcoming' and clock_timestamp() < v_closes_at;
    v_status public.registration_status;
    v_rule public.session_access_rule;
begin
    v_rule.rule := 'seat';
    v_rule.decides := 'join';
    v_rule.holds := private.has_seat(session, explain_seat.user_id) or explain_seat.is_staff;
    select registration.status into v_status
    from public.session_registrations as registration
    where registration.session_id = session.id and registration.student_id = explain_seat.user_id;
    v_rule.fact := case
        when not session.registration_required then 'no registration is required'
        when v_status = 'registered' then 'has a seat'
        when explain_seat.is_staff then 'needs no seat: hosts the session or is a manager'
        when v_status = 'waitlisted'
            then format('is number %s in the waitlist', private.waitlist_position(session.id, explain_seat.user_id))
        when v_is_open then 'has no seat; registration is open until ' || private.utc_text(v_closes_at)
        else 'has no seat, and registration is closed'
    end;
    if not v_rule.holds then
        v_rule.remedy := case
            when v_status = 'waitlisted' then 'Raise the capacity of the session, or wait for a seat to be given back.'
            when v_is_open then 'They register with register_for_session.'
            else 'Set registration_required to false.'
        end;
    end if;
    return v_rule;
end
$$;
comment on function private.explain_seat(public.success_sessions, uuid, boolean) is
    'Whether a user has the seat that joining a session takes; is_staff: as its host or a manager none is needed.';
revoke execute on function private.explain_seat(public.success_sessions, uuid, boolean) from public;

-- What the policy success_sessions_select_audience_host_or_manager, private.visible_session and join_session decide for
-- their caller, said about another user, rule by rule. It is a second telling, so a test lets random worlds compare
-- them.
-- Security definer: it is the API; it reads what decides, whoever may see it.
create function public.explain_session_access(session_id uuid, user_id uuid)
returns setof public.session_access_rule
language plpgsql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.explained_session(session_id, user_id);
    v_managing constant public.app_role[] := array['enrollment_manager', 'admin', 'superadmin']::public.app_role[];
    v_opens_at constant timestamptz := private.join_opens_at(v_session.start_time);
    v_status constant public.session_status := private.effective_session_status(
        v_session.status, v_session.start_time, v_session.end_time
    );
    v_is_mentor constant boolean := exists (
        select from public.user_roles as held
        where held.user_id = explain_session_access.user_id and held.role = 'mentor'
    );
    v_is_manager constant boolean := exists (
        select from public.user_roles as held
        where held.user_id = explain_session_access.user_id and held.role = any(v_managing)
    );
    v_is_learner constant boolean := private.is_session_learner(v_session, explain_session_access.user_id);
    v_rule public.session_access_rule;
    v_reasons text[] := array[]::text[];
    v_obstacles text[] := array[]::text[];
begin
    for v_rule in
        select
            'manager',
            'see',
            v_is_manager,
            private.role_text(explain_session_access.user_id, v_managing),
            case when not v_is_manager then 'A superadmin grants a role in user_roles.' end
        union all
        select
            'host',
            'see',
            coalesce(v_session.mentor_id = explain_session_access.user_id, false) and v_is_mentor,
            case
                when v_session.mentor_id = explain_session_access.user_id
                    then 'is the session''s mentor, and '
                    || private.role_text(explain_session_access.user_id, array['mentor']::public.app_role[])
                when v_session.mentor_id is null then 'the session has no mentor'
                else 'another mentor hosts the session'
            end,
            case
                when v_session.mentor_id is distinct from explain_session_access.user_id
                    then 'Assign the session to them with assign_mentor.'
                when not v_is_mentor then 'A superadmin grants the role mentor in user_roles.'
            end
        union all
        select enrollment.*
        from private.explain_enrollment(v_session, explain_session_access.user_id) as enrollment
        union all
        select
            'invitation',
            'see',
            invitation.is_there,
            case when invitation.is_there then 'is invited' else 'is not invited' end,
            case when not invitation.is_there then 'Invite them: insert into session_participants.' end
        from (
            select exists (
                select from public.session_participants as participant
                where
                    participant.session_id = v_session.id
                    and participant.user_id = explain_session_access.user_id
            ) as is_there
        ) as invitation
        union all
        select
            'status',
            'join',
            v_status in ('upcoming', 'live'),
            case v_status
                when 'cancelled'
                    then 'the session was cancelled: ' || coalesce(v_session.cancel_reason, 'no reason was given')
                when 'completed' then 'the session ended at ' || private.utc_text(v_session.end_time)
                else format('the session is %s', v_status)
            end,
            case
                when v_status = 'cancelled' and clock_timestamp() < v_session.start_time
                    then 'A manager may set its status back to upcoming.'
            end
        union all
        select seat.*
        from private.explain_seat(
            v_session, explain_session_access.user_id, v_is_manager or not v_is_learner
        ) as seat
        union all
        select
            'join_window',
            'join',
            v_status in ('live', 'completed', 'cancelled') or clock_timestamp() >= v_opens_at,
            case
                when v_session.status = 'live' and clock_timestamp() < v_opens_at
                    then 'the host has started the session'
                when clock_timestamp() >= v_opens_at then 'joining is open since ' || private.utc_text(v_opens_at)
                else 'joining opens at ' || private.utc_text(v_opens_at)
            end,
            case
                when v_status = 'upcoming' and clock_timestamp() < v_opens_at
                    then 'Wait, or raise app_settings.join_opens_minutes_before.'
            end
        union all
        select
            'meeting',
            'join',
            v_session.link is not null or v_session.link_failed_at is not null,
            case
                when v_session.link_failed_at is not null
                    then 'the link failed, and everybody is sent to the backup link'
                when v_session.link is not null then 'the meeting has a link'
                else concat_ws(
                    ': ',
                    'the meeting is still being set up',
                    (
                        select meeting.reason
                        from public.session_meetings as meeting
                        where meeting.session_id = v_session.id and meeting.is_wanted
                    )
                )
            end,
            case
                when v_session.link is null and v_session.link_failed_at is null
                    then 'See session_meetings, or set the session''s link.'
            end
    loop
        if v_rule.decides = 'see' and v_rule.holds then
            v_reasons := v_reasons || v_rule.rule;
        elsif v_rule.decides = 'join' and not v_rule.holds then
            v_obstacles := v_obstacles || v_rule.rule;
        end if;
        return next v_rule;
    end loop;

    v_rule := (
        'sees',
        'see',
        cardinality(v_reasons) > 0,
        case
            when cardinality(v_reasons) > 0 then 'because of: ' || array_to_string(v_reasons, ', ')
            else 'none of manager, host, enrollment and invitation holds'
        end,
        null
    );
    return next v_rule;
    v_obstacles := case when cardinality(v_reasons) = 0 then array['sees'] else array[]::text[] end || v_obstacles;
    v_rule := (
        'may_join',
        'join',
        cardinality(v_obstacles) = 0,
        case
            when cardinality(v_obstacles) = 0 then 'nothing is in the way'
            else 'in the way: ' || array_to_string(v_obstacles, ', ')
        end,
        null
    );
    return next v_rule;
end
$$;
comment on function public.explain_session_access(uuid, uuid) is
    'Why a user does or does not see a session and may or may not join it now: one row per rule, with the fact behind it and what would change it, then sees and may_join as their sum. For managers and the database''s owner. Errors: 42501; PT404 unknown session or user.';
revoke execute on function public.explain_session_access(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.explain_session_access(uuid, uuid) to authenticated;

create function private.email_outcome(email notifier.emails)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before bigint;
begin
    if email.status = 'queued' then
        select max(earlier.event_id) into v_before
        from notifier.emails as earlier
        where
            earlier.session_id = email.session_id
            and earlier.recipient_id = email.recipient_id
            and earlier.topic = email.topic
            and earlier.event_id < email.event_id
            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt');
    end if;
    return case email.status
        when 'queued' then case
            when email.attempts > 0 then format(
                'attempt %s failed; it is tried again at %s', email.attempts, private.utc_text(email.available_at)
            )
            when v_before is not null then format('waits for the mail about change %s', v_before)
            when email.available_at > clock_timestamp() then 'waits until ' || private.utc_text(email.available_at)
            else 'is due, and waits for a notifier to take it'
        end
        when 'claimed' then format('the notifier %s is making it', email.claimed_by)
        when 'sending' then format('the notifier %s has handed it over and awaits the answer', email.claimed_by)
        when 'in_doubt' then format(
            'was handed over and the answer is unknown; it is sent again as it was at %s',
            private.utc_text(email.available_at)
        )
        when 'sent' then format('was accepted by %s at %s', email.transport, private.utc_text(email.sent_at))
        || case when email.carried_by is not null then ', in one mail with other changes' else '' end
        || case
            when email.in_doubt_at is not null then ', after an attempt of unknown outcome: it may have come twice'
            else ''
        end
        when 'dead' then format('was given up after %s attempts', email.attempts)
        when 'skipped' then 'was not sent: ' || case email.skip_reason
            when 'superseded' then 'an earlier mail that was still waiting says it, too'
            when 'already_told' then 'an earlier mail went out so late that it said it all'
            when 'cancelled_before_told' then 'the session had been called off by then'
            when 'not_invited' then 'they are no longer invited, or their access had ended'
            when 'not_registered' then 'they had given up the seat'
            when 'nothing_changed' then 'there was nothing left to tell'
            when 'session_over' then 'it was too late, the session was over'
            when 'session_moved' then 'it was to remind of a start that is none any more'
            when 'too_late' then 'it was to remind, and came too late to be of use'
            when 'told_just_now' then 'it was to remind of what they had been told minutes before'
            when 'switched_off' then 'they have switched off mails of this kind'
            when 'suppressed' then 'their address gets no mail: it bounced, they complained, or an operator said so'
            when 'discarded' then 'an operator discarded it'
            when 'no_address' then 'they have no address, or no account any more'
            else email.skip_reason
        end
    end;
end
$$;
comment on function private.email_outcome(notifier.emails) is 'Where a mail stands and why, in words, without addresses.';
revoke execute on function private.email_outcome(notifier.emails) from public;

-- Security definer: it is the API; the outbox is closed to the caller.
create function public.explain_notifications(session_id uuid, user_id uuid)
returns setof public.notification_explanation
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.explained_session(session_id, user_id);
begin
    return query
    with told as materialized (
        -- Two arms, each with the condition of its partial index before the one that is meant.
        select
            settled.event_id,
            settled.topic,
            settled.told_from,
            settled.told_through
        from notifier.emails as settled
        where
            settled.session_id = v_session.id
            and settled.recipient_id = explain_notifications.user_id
            and settled.status in ('sent', 'skipped', 'dead')
            and settled.status = 'sent'
        union all
        select
            unfinished.event_id,
            unfinished.topic,
            unfinished.told_from,
            unfinished.told_through
        from notifier.emails as unfinished
        where
            unfinished.session_id = v_session.id
            and unfinished.recipient_id = explain_notifications.user_id
            and unfinished.status in ('queued', 'claimed', 'sending', 'in_doubt')
            and unfinished.status in ('sending', 'in_doubt')
    )
    select
        event.id,
        event.created_at,
        case
            when event.topic = 'summary' then 'completed'
            when event.topic <> 'invitation' then event.topic::text
            when event.old is null then 'created'
            when event.old = event.new then 'invitations'
            when notifier.is_open(event.old) and event.new ->> 'status' = 'cancelled' then 'cancelled'
            when not notifier.is_open(event.old) and notifier.is_open(event.new) then 'reinstated'
            else 'changed'
        end,
        array(
            select field.name
            from jsonb_object_keys(notifier.session_changes(event.old, event.new)) as field (name)
            order by field.name
        ),
        email.kind::text,
        coalesce(
            email.status::text,
            case
                when event.expanded_at is null then 'unexpanded'
                when event.merged_into is not null then 'merged'
                when teller.event_id is not null then 'told_with_another'
                else 'not_concerned'
            end
        ),
        case
            when email.id is not null then private.email_outcome(email)
            when event.expanded_at is null then 'waits for a notifier to find out whom it concerns'
            when event.merged_into is not null then format('is told together with change %s', event.merged_into)
            when teller.event_id is not null then format('the mail about change %s told of it, too', teller.event_id)
            when event.topic = 'summary' then 'only the mentor gets the summary'
            else 'concerns nobody like them: not invited before it nor after, or nothing they see has changed'
        end,
        email.attempts,
        case when email.status in ('queued', 'in_doubt') then email.available_at end,
        email.in_doubt_at,
        email.sent_at,
        case email.status when 'sent' then email.transport end,
        case when email.status <> 'sent' then email.last_error end,
        email.id
    from notifier.events as event
    left join notifier.emails as email
        on event.id = email.event_id and email.recipient_id = explain_notifications.user_id
    left join lateral (
        select another.event_id
        from told as another
        where
            another.topic = event.topic
            and another.told_from <= event.id
            and another.told_through >= event.id
            and another.event_id <> event.id
        order by another.event_id
        limit 1
    ) as teller on true
    where
        event.session_id = v_session.id
        and (event.student_id is null or event.student_id = explain_notifications.user_id)
    order by event.id, email.topic;
end
$$;
comment on function public.explain_notifications(uuid, uuid) is
    'What became of each change of a session for one user: whether a mail was sent, is waiting, was skipped or given up, when and why. Others'' seats are left out. For managers and the database''s owner. Errors: 42501; PT404 unknown session or user.';
revoke execute on function public.explain_notifications(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.explain_notifications(uuid, uuid) to authenticated;
