-- From an event to mails, to the worker and back.

-- == From event to mails =============================================================================================

-- What somebody invited before and after sees to have changed. Of the meeting's link and passcode only that they
-- changed, and of the backup link only while people meet through it: one that stands by leaves all as it was. A session
-- that was called off and takes place after all is told of as a whole, so of it only that.
create function notifier.session_changes(old jsonb, new jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_on_backup boolean := (old ->> 'uses_backup_link')::boolean and (new ->> 'uses_backup_link')::boolean;
begin
    if old ->> 'status' = 'cancelled' and notifier.is_open(new) then
        return jsonb_build_object('status', jsonb_build_object('old', old -> 'status', 'new', new -> 'status'));
    end if;
    if not (notifier.is_open(old) and notifier.is_open(new)) then
        return '{}'::jsonb;
    end if;
    return (
        select coalesce(
            jsonb_object_agg(
                field.name,
                case field.name
                    when 'mentor_name' then jsonb_build_object(
                        'old',
                        (select nullif(full_name, '') from public.profiles where id = (field.old #>> '{}')::uuid),
                        'new',
                        (select nullif(full_name, '') from public.profiles where id = (field.new #>> '{}')::uuid)
                    )
                    when 'platform_name' then jsonb_build_object(
                        'old', (select name from public.meeting_platforms where id = field.old #>> '{}'),
                        'new', (select name from public.meeting_platforms where id = field.new #>> '{}')
                    )
                    when 'meeting_details' then '{"old": true, "new": true}'
                    else jsonb_build_object('old', field.old, 'new', field.new)
                end
            ),
            '{}'
        )
        from (
            values
            ('title', session_changes.old -> 'title', session_changes.new -> 'title'),
            ('description', session_changes.old -> 'description', session_changes.new -> 'description'),
            ('start_time', session_changes.old -> 'start_time', session_changes.new -> 'start_time'),
            ('end_time', session_changes.old -> 'end_time', session_changes.new -> 'end_time'),
            ('timezone', session_changes.old -> 'timezone', session_changes.new -> 'timezone'),
            ('mentor_name', session_changes.old -> 'mentor_id', session_changes.new -> 'mentor_id'),
            ('platform_name', session_changes.old -> 'platform', session_changes.new -> 'platform'),
            (
                'registration_required',
                session_changes.old -> 'registration_required',
                session_changes.new -> 'registration_required'
            ),
            ('meeting_details', session_changes.old -> 'meeting_details', session_changes.new -> 'meeting_details'),
            (
                'meeting_details',
                case when v_on_backup then session_changes.old -> 'backup_details' end,
                case when v_on_backup then session_changes.new -> 'backup_details' end
            ),
            ('meeting_link', session_changes.old -> 'uses_backup_link', session_changes.new -> 'uses_backup_link')
        ) as field (name, old, new)
        where field.old is distinct from field.new
    );
end
$$;
comment on function notifier.session_changes(jsonb, jsonb) is
    'What an invited person sees to have changed between two states: {field: {"old", "new"}}, names instead of ids, meeting_details only as true, meeting_link as whether it is the backup link; empty unless the session was open in both. Of one that was cancelled and is open again: status.';
revoke execute on function notifier.session_changes(jsonb, jsonb) from public;

-- What users are in a session (host, learner or nothing) before the first and after the last of a span of events. The
-- one place that says whom mails go to: expansion asks it about a page of candidates, the claim about the recipients of
-- the mails it holds.
--
-- What enrollments and invitations were at a moment is worked out from what they are now, by undoing what came after
-- that moment. Access ends at once, though: the audience after the span is only those who are in it now as well, and
-- the role mentor is asked as it is now. For `offset 0` see notifier.lock_due_emails.
create function notifier.recipient_roles(
    session_id uuid,
    user_ids uuid[],
    old jsonb,
    new jsonb,
    from_id bigint,
    through_id bigint
)
returns table (user_id uuid, role_before text, role_after text, has_left boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_nestloop = off
set enable_sort = off
set jit = off
as $$
declare
    v_was_open boolean := notifier.is_open(old);
    v_is_open boolean := notifier.is_open(new);
    v_old_mentor uuid := (old ->> 'mentor_id')::uuid;
    v_new_mentor uuid := (new ->> 'mentor_id')::uuid;
    v_old_course uuid := (old ->> 'course_id')::uuid;
    v_new_course uuid := (new ->> 'course_id')::uuid;
    v_old_batch uuid := (old ->> 'batch_id')::uuid;
    v_new_batch uuid := (new ->> 'batch_id')::uuid;
    -- Changes of enrollments have a position among the ids of events, lower than that of the events that tell of them:
    -- what was before such an event is what was before the position.
    v_from_position bigint := coalesce(
        (select event.enrollment_position from notifier.events as event where event.id = recipient_roles.from_id),
        recipient_roles.from_id
    );
    v_is_same_audience boolean := (v_old_course, v_old_batch) is not distinct from (v_new_course, v_new_batch);
begin
    return query
    with
    came_or_went as materialized (
        select
            event.id as event_id,
            change.user_id,
            change.was_participant
        from (
            select of_session.*
            from notifier.events as of_session
            where of_session.session_id = recipient_roles.session_id and of_session.student_id is null
            order by of_session.topic
            offset 0
        ) as event
        cross join lateral (
            select
                added.user_id,
                false as was_participant
            from unnest(event.participants_added) as added (user_id)
            union all
            select
                removed.user_id,
                true
            from unnest(event.participants_removed) as removed (user_id)
        ) as change
        where event.id >= from_id
    ),
    participant_before as materialized (
        select distinct on (change.user_id)
            change.user_id,
            change.was_participant
        from came_or_went as change
        order by change.user_id, change.event_id
    ),
    participant_after as materialized (
        select distinct on (change.user_id)
            change.user_id,
            change.was_participant
        from came_or_went as change
        where change.event_id > through_id
        order by change.user_id, change.event_id
    )
    select
        candidate.user_id,
        case
            when not v_was_open then null
            when candidate.user_id = v_old_mentor and candidate.is_mentor then 'host'
            when
                -- Except whoever was in the audience to the end of the span and has left since: a later event tells
                -- them so, and this one nothing.
                (
                    audience.was_before
                    and not (audience.was_after and not candidate.was_in_audience and audience.is_told_later)
                )
                or coalesce(participant_before.was_participant, candidate.is_participant)
                then 'learner'
        end,
        case
            when not v_is_open then null
            when candidate.user_id = v_new_mentor and candidate.is_mentor then 'host'
            when
                -- Nor is whoever joined after the span: a later event tells them.
                case
                    when v_is_same_audience then candidate.was_in_audience and audience.was_after
                    else candidate.is_in_audience and audience.is_after
                end
                or coalesce(participant_after.was_participant, candidate.is_participant)
                then 'learner'
        end,
        audience.was_before and not candidate.was_in_audience
    from (
        -- With `between` and `order by` only the two indexes on student and course can serve: no other one has this
        -- order. Another one had looked as good while the table was nearly empty: by it a page of 2,000 users took 7 s.
        select
            listed.user_id,
            listed.user_id in (v_old_mentor, v_new_mentor) and exists (
                select from public.user_roles as held
                where held.user_id = listed.user_id and held.role = 'mentor'
                offset 0
            ) as is_mentor,
            exists (
                select from public.course_enrollments as enrollment
                where
                    enrollment.student_id between listed.user_id and listed.user_id
                    and enrollment.course_id = v_old_course
                    and enrollment.batch_id is not distinct from v_old_batch
                    and enrollment.status = 'active'
                order by enrollment.student_id
                offset 0
            ) as was_in_audience,
            not v_is_same_audience and exists (
                select from public.course_enrollments as enrollment
                where
                    enrollment.student_id between listed.user_id and listed.user_id
                    and enrollment.course_id = v_new_course
                    and enrollment.batch_id is not distinct from v_new_batch
                    and enrollment.status = 'active'
                order by enrollment.student_id
                offset 0
            ) as is_in_audience,
            exists (
                select from public.session_participants as participant
                where participant.session_id = recipient_roles.session_id and participant.user_id = listed.user_id
                offset 0
            ) as is_participant,
            (
                select change
                from notifier.enrollment_changes as change
                where
                    change.student_id = listed.user_id
                    and change.course_id = v_old_course
                    and (change.position is null or change.position >= v_from_position)
                order by change.id
                limit 1
            ) as next_of_old,
            (
                select change
                from notifier.enrollment_changes as change
                where
                    change.student_id = listed.user_id
                    and change.course_id = v_old_course
                    and (change.position is null or change.position > recipient_roles.through_id)
                order by change.id
                limit 1
            ) as later_of_old,
            (
                select change
                from notifier.enrollment_changes as change
                where
                    not v_is_same_audience
                    and change.student_id = listed.user_id
                    and change.course_id = v_new_course
                    and (change.position is null or change.position > recipient_roles.through_id)
                order by change.id
                limit 1
            ) as later_of_new
        from unnest(user_ids) as listed (user_id)
        offset 0 -- each look-up once, however often it is read above
    ) as candidate
    -- What an enrollment was at that moment, the next change of it says; without one it is what it is now.
    cross join lateral (
        select
            case
                when (candidate.next_of_old).id is null then candidate.was_in_audience
                else (candidate.next_of_old).was_active
                    and (candidate.next_of_old).old_batch_id is not distinct from v_old_batch
            end as was_before,
            case
                when (candidate.later_of_old).id is null then candidate.was_in_audience
                else (candidate.later_of_old).was_active
                    and (candidate.later_of_old).old_batch_id is not distinct from v_old_batch
            end as was_after,
            case
                when (candidate.later_of_new).id is null then candidate.is_in_audience
                else (candidate.later_of_new).was_active
                    and (candidate.later_of_new).old_batch_id is not distinct from v_new_batch
            end as is_after,
            -- Whether a later event tells them. Those are written for sessions that are open and ahead
            -- (notifier.expand_enrollments). A change without a position is yet to be expanded; for others the event is
            -- looked for.
            case
                when (candidate.later_of_old).position is null then v_is_open and v_is_same_audience
                else exists (
                    select
                    from (
                        select
                            of_session.enrollment_position,
                            of_session.new
                        from notifier.events as of_session
                        where of_session.session_id = recipient_roles.session_id and of_session.student_id is null
                        order by of_session.topic
                        offset 0
                    ) as event
                    where
                        event.enrollment_position = (candidate.later_of_old).position
                        and (event.new ->> 'batch_id')::uuid is not distinct from v_old_batch
                        and (event.new ->> 'course_id')::uuid = v_old_course
                )
            end as is_told_later
    ) as audience
    left join participant_before on candidate.user_id = participant_before.user_id
    left join participant_after on candidate.user_id = participant_after.user_id;
end
$$;
comment on function notifier.recipient_roles(uuid, uuid[], jsonb, jsonb, bigint, bigint) is
    'For each user: host, learner or null (not invited) in the state old, before event from_id, and in the state new, after event through_id; and whether they have left the audience of old since.';
revoke execute on function notifier.recipient_roles(uuid, uuid[], jsonb, jsonb, bigint, bigint) from public;

-- What somebody is to be told, by what they were in the session and what they are now; null: nothing. The host outranks
-- the learner.
create function notifier.mail_kind(role_before text, role_after text, changes jsonb, is_cancelled boolean)
returns notifier.email_kind
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (case
        when role_before is null and role_after is null then null
        when role_after = 'host' and role_before is distinct from 'host' then 'mentor_assigned'
        when role_before = 'host' and role_after is distinct from 'host' and not is_cancelled then 'mentor_unassigned'
        when role_after is null then 'session_cancelled'
        when role_before is null then 'session_scheduled'
        when changes ?| array['start_time', 'end_time'] then 'session_rescheduled'
        when changes ? 'meeting_link' then 'meeting_link_changed'
        when changes <> '{}' then 'session_updated'
    end)::notifier.email_kind;
end
$$;
comment on function notifier.mail_kind(text, text, jsonb, boolean) is
    'Kind of the mail for somebody who was role_before and is role_after (host, learner, null), given notifier.session_changes and whether the session is cancelled; null for no mail.';
revoke execute on function notifier.mail_kind(text, text, jsonb, boolean) from public;

create function notifier.meeting_wait_until(session_id uuid)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select meeting.created_at + make_interval(mins => settings.meeting_wait_minutes)
        from public.session_meetings as meeting
        cross join public.app_settings as settings
        where
            meeting.session_id = meeting_wait_until.session_id
            and meeting.is_wanted
            and meeting.external_id is null
    );
end
$$;
comment on function notifier.meeting_wait_until(uuid) is
    'Until when mails about a session wait for the meeting that its platform is making; null: there is nothing to wait for.';
revoke execute on function notifier.meeting_wait_until(uuid) from public;

-- Two branches, because `is not distinct from` uses no index. The order is one that only the index of audiences has,
-- whatever the planner believes of the table: neither `is null` nor `between` makes it leave batch_id out. Nor may it
-- sort the rest of an index that begins by batch.
create function notifier.audience_page(course_id uuid, batch_id uuid, after uuid, max_users integer)
returns setof uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
begin
    if audience_page.batch_id is null then
        return query
        select enrollment.student_id
        from public.course_enrollments as enrollment
        where
            enrollment.course_id = audience_page.course_id
            and enrollment.batch_id is null
            and enrollment.status = 'active'
            and enrollment.student_id > after
        order by enrollment.batch_id, enrollment.student_id
        limit max_users;
    else
        return query
        select enrollment.student_id
        from public.course_enrollments as enrollment
        where
            enrollment.course_id = audience_page.course_id
            and enrollment.batch_id between audience_page.batch_id and audience_page.batch_id
            and enrollment.status = 'active'
            and enrollment.student_id > after
        order by enrollment.batch_id, enrollment.student_id
        limit max_users;
    end if;
end
$$;
comment on function notifier.audience_page(uuid, uuid, uuid, integer) is
    'The next students of one audience, by id, after the given one: active enrollments in the course and its batch (null: the unbatched).';
revoke execute on function notifier.audience_page(uuid, uuid, uuid, integer) from public;

-- What a started event, with all that was merged into it, means to other systems: ids and what changed, no text, no
-- name and no link. Nothing for one that only concerns who is invited.
create function notifier.queue_session_webhooks(event notifier.events, through_id bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new jsonb := (
        select latest.new from notifier.events as latest where latest.id = queue_session_webhooks.through_id
    );
    v_changed text[] := array(
        select field.name
        from jsonb_each(v_new) as field (name, value)
        where
            field.name not in ('sequence', 'calendar_uid', 'series_id', 'recurrence_id')
            and event.old is not null
            and field.value is distinct from event.old -> field.name
        order by field.name
    );
begin
    if event.topic <> 'invitation' or (event.old is not null and v_changed = '{}') then
        return;
    end if;
    perform notifier.queue_webhooks(
        case
            when not notifier.is_open(v_new) then 'session.cancelled'
            when event.old is null then 'session.created'
            else 'session.changed'
        end,
        format('event/%s', event.id),
        jsonb_build_object(
            'session_id', event.session_id,
            'course_id', v_new -> 'course_id',
            'batch_id', v_new -> 'batch_id',
            'series_id', v_new -> 'series_id',
            'mentor_id', v_new -> 'mentor_id',
            'start_time', v_new -> 'start_time',
            'end_time', v_new -> 'end_time',
            'sequence', v_new -> 'sequence',
            'changed', case when event.old is not null then to_jsonb(v_changed) end
        ),
        event.created_at
    );
end
$$;
comment on function notifier.queue_session_webhooks(notifier.events, bigint) is
    'Queues session.created, session.changed or session.cancelled for an event that starts, up to the last one merged into it.';
revoke execute on function notifier.queue_session_webhooks(notifier.events, bigint) from public;

-- From here on the event speaks for what had happened to the session by now. Later events of the session wait until it
-- is expanded.
create function notifier.start_event(event notifier.events)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_through_id bigint;
begin
    with merged as (
        update notifier.events as later set merged_into = event.id, expanded_at = clock_timestamp()
        where later.id = any(
            array(
                select waiting.id
                from (
                    select of_session.*
                    from notifier.events as of_session
                    where of_session.session_id = event.session_id and of_session.student_id is null
                    order by of_session.topic
                    offset 0
                ) as waiting
                where
                    waiting.topic = event.topic
                    and waiting.id > event.id
                    and waiting.expanded_at is null
                    -- Not what tells of enrollments: that is told by itself, and only to those who came or left.
                    and coalesce(waiting.enrollment_position, event.enrollment_position) is null
            )
        )
        returning later.id
    )
    select coalesce(max(merged.id), event.id) into v_through_id from merged;
    update notifier.events as started set through_id = v_through_id where started.id = event.id;
    perform notifier.queue_session_webhooks(event, v_through_id);
    return v_through_id;
end
$$;
comment on function notifier.start_event(notifier.events) is
    'Merges the waiting later events of the session into this one, which the caller has locked, queues what webhooks tell of it, and returns the last of them.';
revoke execute on function notifier.start_event(notifier.events) from public;

-- The event given, which the caller has locked, is the first unexpanded one of its transaction; its lock is the lock of
-- all. Together with it start the events of the other sessions that the transaction changed, so that they are expanded
-- in step; 200 at most, which is how many a mail may tell of. While one of them waits for an earlier change of its
-- session to be expanded, all wait: by the sessions' row locks, transactions follow each other in one order, so this
-- cannot go round in a circle.
create function notifier.start_events(event notifier.events)
returns notifier.events[]
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_events notifier.events[];
    v_must_wait boolean;
begin
    if event.through_id is not null then
        return array(
            select started
            from notifier.events as started
            where
                started.transaction_id = event.transaction_id
                and started.topic = 'invitation'
                and started.expanded_at is null
                and started.through_id is not null
            order by started.id
        );
    end if;

    -- One statement, and so one look: between two, whoever expands the earlier change may merge one of these into it.
    select
        array_agg(waiting.event order by (waiting.event).id),
        bool_or(waiting.is_blocked)
    into v_events, v_must_wait
    from (
        select
            first_of_session as event,
            exists (
                select from notifier.events as blocking
                where
                    blocking.session_id = first_of_session.session_id
                    and blocking.topic = 'invitation'
                    and blocking.id < first_of_session.id
                    and blocking.expanded_at is null
                offset 0
            ) as is_blocked
        from notifier.events as first_of_session
        where
            first_of_session.transaction_id = event.transaction_id
            and first_of_session.topic = 'invitation'
            and first_of_session.expanded_at is null
            and not exists (
                select from notifier.events as earlier
                where
                    earlier.session_id = first_of_session.session_id
                    and earlier.topic = 'invitation'
                    and earlier.id < first_of_session.id
                    and earlier.expanded_at is null
                    and earlier.transaction_id = event.transaction_id
                offset 0
            )
        order by first_of_session.id
        limit 200
    ) as waiting;
    if v_must_wait then
        return array[]::notifier.events[];
    end if;
    for v_index in 1..cardinality(v_events) loop
        v_events[v_index].through_id := notifier.start_event(v_events[v_index]);
    end loop;
    return v_events;
end
$$;
comment on function notifier.start_events(notifier.events) is
    'Starts, or goes on with, the events of one transaction, of which the caller has locked the first: all that are to be expanded in step, none while one of them must wait.';
revoke execute on function notifier.start_events(notifier.events) from public;

-- Who may have to be told of a started event, in pages: the audience before, the audience after, explicit invitees,
-- those who came or went, the two mentors.
create function notifier.event_candidates(event notifier.events, after uuid, max_users integer)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_old jsonb := event.old;
    v_new jsonb := (select latest.new from notifier.events as latest where latest.id = event.through_id);
    v_was_open boolean := notifier.is_open(v_old);
    v_is_open boolean := notifier.is_open(v_new);
    v_changes_audience boolean := (v_old ->> 'course_id', v_old ->> 'batch_id')
        is distinct from (v_new ->> 'course_id', v_new ->> 'batch_id');
    v_is_over boolean := greatest((v_old ->> 'end_time')::timestamptz, (v_new ->> 'end_time')::timestamptz)
        <= clock_timestamp();
    v_concerns_somebody boolean := (v_was_open or v_is_open) and not v_is_over;
    v_concerns_all boolean := v_concerns_somebody and case event.topic
        -- Nobody is reminded of a start that the session no longer has.
        when 'reminder' then exists (
            select from public.success_sessions as session
            where
                session.id = event.session_id
                and session.status = 'upcoming'
                and session.start_time = (v_new ->> 'start_time')::timestamptz
        )
        else v_was_open <> v_is_open or v_changes_audience or notifier.session_changes(v_old, v_new) <> '{}'
    end;
    -- Merged events pass through states in between, and the first and the last state may be alike. Whoever has a mail
    -- under way, or was told ahead of time by an earlier one, may know a state in between, so they are candidates in
    -- any case: the claim knows what each has been told.
    v_passes_states boolean := event.through_id > event.id and exists (
        select
        from (
            select started.* from notifier.events as started where started.id = event.id
            union all
            select merged.* from notifier.events as merged where merged.merged_into = event.id
        ) as part
        where part.old is distinct from part.new
    );
begin
    return array(
        select candidate.user_id
        from (
            select student.user_id
            from notifier.audience_page(
                (v_old ->> 'course_id')::uuid, (v_old ->> 'batch_id')::uuid, after, max_users
            ) as student (user_id)
            where v_concerns_all and v_was_open
            union
            select student.user_id
            from notifier.audience_page(
                (v_new ->> 'course_id')::uuid, (v_new ->> 'batch_id')::uuid, after, max_users
            ) as student (user_id)
            where v_concerns_all and v_is_open and (v_changes_audience or not v_was_open)
            union
            (
                select participant.user_id
                from public.session_participants as participant
                where
                    v_concerns_all
                    and participant.session_id between event.session_id and event.session_id
                    and participant.user_id > after
                order by participant.session_id, participant.user_id
                limit max_users
            )
            union
            (
                -- Of later events too: who has left since was still invited then.
                select distinct change.user_id
                from (
                    select of_session.*
                    from notifier.events as of_session
                    where of_session.session_id = event.session_id and of_session.student_id is null
                    order by of_session.topic
                    offset 0
                ) as part
                cross join lateral unnest(part.participants_added || part.participants_removed) as change (user_id)
                where v_concerns_somebody and part.id >= event.id and change.user_id > after
                order by change.user_id
                limit max_users
            )
            union
            (
                -- Who came to the audience, or left it. Each once: a page that duplicates make shorter than max_users
                -- would be taken for the last.
                select distinct on (moved.position, moved.student_id) moved.student_id
                from notifier.enrollment_changes as moved
                where
                    v_concerns_somebody
                    and moved.position between event.enrollment_position and event.enrollment_position
                    and moved.student_id > after
                order by moved.position, moved.student_id
                limit max_users
            )
            union
            (
                -- Who has come to the audience or left it since, and may be told of it by no event of its own, because
                -- the session was called off, or another audience's, when that was expanded.
                select distinct since.student_id
                from (
                    select waiting.*
                    from notifier.enrollment_changes as waiting
                    where
                        waiting.position is null
                        and waiting.course_id in ((v_old ->> 'course_id')::uuid, (v_new ->> 'course_id')::uuid)
                    union all
                    select expanded.*
                    from notifier.enrollment_changes as expanded
                    where expanded.position > event.id
                ) as since
                where
                    v_concerns_somebody
                    and event.enrollment_position is null
                    and event.topic = 'invitation'
                    and since.student_id > after
                    and (
                        (
                            since.was_active
                            and since.course_id = (v_old ->> 'course_id')::uuid
                            and since.old_batch_id is not distinct from (v_old ->> 'batch_id')::uuid
                        )
                        or (
                            since.is_active
                            and since.course_id = (v_new ->> 'course_id')::uuid
                            and since.new_batch_id is not distinct from (v_new ->> 'batch_id')::uuid
                        )
                    )
                order by since.student_id
                limit max_users
            )
            union
            (
                select distinct unfinished.recipient_id
                from notifier.emails as unfinished
                where
                    v_passes_states
                    and unfinished.session_id = event.session_id
                    and unfinished.topic = event.topic
                    and unfinished.recipient_id > after
                    and unfinished.status in ('queued', 'claimed', 'sending', 'in_doubt')
                order by unfinished.recipient_id
                limit max_users
            )
            union
            (
                select distinct ahead.recipient_id
                from notifier.emails as ahead
                where
                    v_passes_states
                    and ahead.session_id = event.session_id
                    and ahead.topic = event.topic
                    and ahead.recipient_id > after
                    and ahead.told_through > ahead.event_id
                    and ahead.told_through >= event.id
                order by ahead.recipient_id
                limit max_users
            )
            union
            select mentor.user_id
            from unnest(array[v_old ->> 'mentor_id', v_new ->> 'mentor_id']::uuid[]) as mentor (user_id)
            where v_concerns_all and mentor.user_id > after
        ) as candidate
        order by candidate.user_id
        limit max_users
    );
end
$$;
comment on function notifier.event_candidates(notifier.events, uuid, integer) is
    'The next users, by id, after the given one whom a started event may concern.';
revoke execute on function notifier.event_candidates(notifier.events, uuid, integer) from public;

-- Their roles before and after the event, and a mail for each who is to be told something. Doing it twice adds nothing
-- (unique key).
create function notifier.queue_emails(
    event notifier.events,
    user_ids uuid[],
    queued_at timestamptz,
    transaction_id xid8
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_new jsonb := (select latest.new from notifier.events as latest where latest.id = event.through_id);
    v_changes jsonb := notifier.session_changes(event.old, v_new);
    -- See notifier.event_candidates.
    v_is_merged boolean := event.through_id > event.id;
    v_urgent boolean := notifier.is_urgent(event.old, v_new, queued_at);
    v_wait_until timestamptz := notifier.meeting_wait_until(event.session_id);
    v_is_pressing boolean := v_urgent or v_changes ?| array['meeting_details', 'meeting_link'];
    -- Further changes until then are told along with this one.
    v_settled_at timestamptz := case
        when not v_is_pressing then event.created_at + make_interval(
            secs => (select settings.mail_debounce_seconds from public.app_settings as settings)
        )
    end;
    v_added integer;
begin
    -- A mail that follows one waiting for its next attempt would be blocked until then; it waits along with it, and is
    -- folded into it by the claim.
    insert into notifier.emails (event_id, transaction_id, session_id, recipient_id, kind, urgent, available_at)
    select
        event.id,
        queue_emails.transaction_id,
        event.session_id,
        recipient.user_id,
        coalesce(mail.kind, 'session_updated'),
        v_urgent,
        greatest(queued_at, v_settled_at, known.available_at, v_wait_until)
    from notifier.recipient_roles(event.session_id, user_ids, event.old, v_new, event.id, event.through_id) as recipient
    cross join lateral notifier.mail_kind(
        recipient.role_before, recipient.role_after, v_changes, v_new ->> 'status' = 'cancelled'
    ) as mail (kind)
    cross join lateral (
        select
            max(earlier.available_at) as available_at,
            v_is_merged and (
                count(*) > 0
                or exists (
                    select from notifier.emails as ahead
                    where
                        ahead.session_id = event.session_id
                        and ahead.recipient_id = recipient.user_id
                        and ahead.topic = event.topic
                        and ahead.told_through > ahead.event_id
                        and ahead.told_through >= event.id
                    offset 0
                )
            ) as is_uncertain
        from notifier.emails as earlier
        where
            earlier.session_id = event.session_id
            and earlier.recipient_id = recipient.user_id
            and earlier.topic = event.topic
            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
    ) as known
    where
        mail.kind is not null
        or known.is_uncertain
        -- Whoever came to the audience or left it, and takes part before and after, by an invitation for one: mails in
        -- between may have been skipped because they had no access then. The claim knows what they have been told.
        or (recipient.role_after is not null and (recipient.has_left or event.enrollment_position is not null))
    order by recipient.user_id
    on conflict do nothing;
    get diagnostics v_added = row_count;
    -- Mails about one session go out in order, so an urgent one would wait behind an earlier one that waits for further
    -- changes, for a turn or for the morning: that one is hurried, too. One that is locked is being claimed at this
    -- moment, and waiting for it could end in a deadlock; notifier.hurry_overtaken looks after it.
    if v_is_pressing then
        update notifier.emails as overtaking
        set
            urgent = overtaking.urgent or v_urgent,
            available_at = case
                when overtaking.attempts > 0 and overtaking.postponed_for is null then overtaking.available_at
                else least(overtaking.available_at, greatest(queued_at, v_wait_until))
            end
        where overtaking.id = any(
            array(
                select earlier.id
                from notifier.emails as earlier
                where
                    earlier.session_id = event.session_id
                    and earlier.recipient_id = any(user_ids)
                    and earlier.topic = event.topic
                    -- Both conditions: by the first the planner sees that the index of unfinished mails serves.
                    and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                    and earlier.status = 'queued'
                    and (not earlier.urgent or earlier.postponed_for is not null)
                for no key update skip locked
            )
        );
    end if;
    return v_added;
end
$$;
comment on function notifier.queue_emails(notifier.events, uuid[], timestamptz, xid8) is
    'Queues the mails of a started event for those of these users who are to be told something, as rows of this transaction (null: of one session alone); how many.';
revoke execute on function notifier.queue_emails(notifier.events, uuid[], timestamptz, xid8) from public;

-- A mail for each of these users who takes part, has a seat where one is needed, and wants to be reminded so long
-- before: by their own choice, the session's, or the platform's, in this order.
create function notifier.queue_reminders(event notifier.events, user_ids uuid[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_session public.success_sessions;
    v_minutes integer [];
    v_added integer;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = event.session_id;
    v_minutes := coalesce(
        v_session.reminder_minutes, (select settings.reminder_minutes from public.app_settings as settings)
    );
    insert into notifier.emails (event_id, session_id, recipient_id, kind, urgent)
    select
        event.id,
        event.session_id,
        recipient.user_id,
        'session_reminder',
        event.reminder_minutes <= 60
    from notifier.recipient_roles(
        event.session_id, user_ids, event.old, event.new, event.id, event.id
    ) as recipient
    where
        recipient.role_after is not null
        and event.reminder_minutes = any(
            coalesce(
                (
                    select preference.reminder_minutes
                    from public.notification_preferences as preference
                    where preference.user_id = recipient.user_id and preference.kind = 'session_reminder'
                ),
                v_minutes
            )
        )
        and (recipient.role_after = 'host' or private.has_seat(v_session, recipient.user_id))
    order by recipient.user_id
    on conflict do nothing;
    get diagnostics v_added = row_count;
    return v_added;
end
$$;
comment on function notifier.queue_reminders(notifier.events, uuid[]) is
    'Queues the mails of a reminder for those of these users who are to get one; how many.';
revoke execute on function notifier.queue_reminders(notifier.events, uuid[]) from public;

-- One page of started events that move in step: their next candidates by id, up to a user whom the page has reached in
-- all of them. So whatever one transaction does to a person is queued by one page, and goes out as one mail.
create function notifier.expand_page(
    events notifier.events[],
    max_users integer,
    out candidates integer,
    out added integer,
    out more boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_event notifier.events := events[1];
    -- With many events a page takes more than max_users in all: each event costs something of its own, so it is asked
    -- for 25 users at least.
    v_users_each integer := greatest(ceil(max_users::numeric / cardinality(events)), least(max_users, 25));
    v_until uuid;
begin
    with
    page as materialized (
        select
            event,
            notifier.event_candidates(
                event, coalesce(v_event.cursor, '00000000-0000-0000-0000-000000000000'), v_users_each
            ) as user_ids
        from unnest(events) as event
    ),
    -- Null when every page is the last.
    reached as materialized (
        select (array_agg(page.user_ids[v_users_each] order by page.user_ids[v_users_each]))[1] as until
        from page
        where cardinality(page.user_ids) = v_users_each
    )
    select
        sum(cardinality(part.user_ids)),
        sum(
            case (page.event).topic
                when 'reminder' then notifier.queue_reminders(page.event, part.user_ids)
                else notifier.queue_emails(
                    page.event, part.user_ids, v_now, case when cardinality(events) > 1 then v_event.transaction_id end
                )
            end
        ),
        reached.until
    into candidates, added, v_until
    from page
    cross join reached
    cross join lateral (
        select
            case
                when reached.until is null then page.user_ids
                else array(
                    select listed.user_id from unnest(page.user_ids) as listed (user_id)
                    where listed.user_id <= reached.until
                    order by listed.user_id
                )
            end as user_ids
        offset 0
    ) as part
    group by reached.until;
    more := v_until is not null;

    update notifier.events as expanded
    set
        cursor = coalesce(v_until, expanded.cursor),
        expanded_at = case when not more then clock_timestamp() end
    where expanded.id = any(array(select event.id from unnest(events) as event));
end
$$;
comment on function notifier.expand_page(notifier.events[], integer) is
    'Expands the next page of events that the caller has locked and started together: how many candidates it considered (about max_users, and 25 for each event at least), how many mails it added, whether there is another page.';
revoke execute on function notifier.expand_page(notifier.events[], integer) from public;

-- After a session's attendance is final: whoever missed it, whose attendance in the course is low by now, and who was
-- not warned often enough yet. One look at an index for each of them.
create function notifier.warn_of_attendance(event notifier.events)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    c_fewest_sessions constant integer := 3;
    v_course_id uuid := (event.new ->> 'course_id')::uuid;
    v_mentor_id uuid := (event.new ->> 'mentor_id')::uuid;
    v_settings public.app_settings;
    v_warned uuid[];
    v_added integer;
begin
    select settings.* into v_settings from public.app_settings as settings;
    if v_course_id is null or v_settings.low_attendance_percent = 0 then
        return 0;
    end if;
    with
    warned as (
        insert into notifier.attendance_warnings (student_id, course_id, session_id)
        select
            missed.student_id,
            v_course_id,
            event.session_id
        from public.session_attendance as missed
        cross join lateral private.course_attendance(v_course_id, missed.student_id) as rate
        where
            missed.session_id = event.session_id
            and missed.status = 'absent'
            and rate.sessions >= c_fewest_sessions
            and rate.percent < v_settings.low_attendance_percent
            and (
                select count(*)
                from notifier.attendance_warnings as before
                where before.student_id = missed.student_id and before.course_id = v_course_id
            ) < v_settings.low_attendance_warnings
        order by missed.student_id
        on conflict do nothing
        returning student_id
    )
    select array_agg(warned.student_id) into v_warned from warned;
    insert into notifier.emails (event_id, session_id, recipient_id, kind)
    select
        event.id,
        event.session_id,
        recipient.user_id,
        'attendance_warning'
    from (
        select student.user_id from unnest(v_warned) as student (user_id)
        union
        select v_mentor_id where v_warned is not null and v_mentor_id is not null
    ) as recipient
    order by recipient.user_id
    on conflict do nothing;
    get diagnostics v_added = row_count;
    return v_added;
end
$$;
comment on function notifier.warn_of_attendance(notifier.events) is
    'Queues warnings of low attendance after the session of this event: to students who missed it, and one to the mentor; how many mails.';
revoke execute on function notifier.warn_of_attendance(notifier.events) from public;

-- The end of a session: attendance becomes final, which costs as much as there are students and therefore is not done
-- by the write that ended it, and the mentor gets the summary; whoever missed too much is warned.
create function notifier.expand_summary(event notifier.events)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_added integer;
begin
    perform private.finalize_attendance(event.session_id);
    perform notifier.queue_webhooks(
        'attendance.finalized',
        format('event/%s', event.id),
        jsonb_build_object('session_id', event.session_id),
        clock_timestamp()
    );
    insert into notifier.emails (event_id, session_id, recipient_id, kind)
    select event.id, event.session_id, (event.new ->> 'mentor_id')::uuid, 'attendance_summary'
    where event.new ->> 'mentor_id' is not null
    on conflict do nothing;
    get diagnostics v_added = row_count;
    v_added := v_added + notifier.warn_of_attendance(event);
    update notifier.events as expanded set through_id = event.id, expanded_at = clock_timestamp()
    where expanded.id = event.id;
    return v_added;
end
$$;
comment on function notifier.expand_summary(notifier.events) is
    'Expands the event of a session''s end, which the caller has locked: final attendance, one mail to the mentor, and warnings. Returns the mails added.';
revoke execute on function notifier.expand_summary(notifier.events) from public;

-- A page of the students who take part in the session. Whether each may watch it is asked by the claim.
create function notifier.expand_recording(
    event notifier.events,
    max_users integer,
    out candidates integer,
    out added integer,
    out more boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_after uuid := coalesce(event.cursor, '00000000-0000-0000-0000-000000000000');
    v_user_ids uuid[];
begin
    v_user_ids := array(
        select candidate.user_id
        from (
            select student.user_id
            from notifier.audience_page(
                (event.new ->> 'course_id')::uuid, (event.new ->> 'batch_id')::uuid, v_after, max_users
            ) as student (user_id)
            union
            (
                select participant.user_id
                from public.session_participants as participant
                where
                    participant.session_id between event.session_id and event.session_id
                    and participant.user_id > v_after
                order by participant.session_id, participant.user_id
                limit max_users
            )
        ) as candidate
        order by candidate.user_id
        limit max_users
    );
    insert into notifier.emails (event_id, session_id, recipient_id, kind)
    select event.id, event.session_id, recipient.user_id, 'recording_available'
    from unnest(v_user_ids) as recipient (user_id)
    on conflict do nothing;
    get diagnostics added = row_count;
    candidates := cardinality(v_user_ids);
    more := candidates = max_users;
    update notifier.events as expanded
    set
        through_id = event.id,
        cursor = coalesce(v_user_ids[candidates], expanded.cursor),
        expanded_at = case when not more then clock_timestamp() end
    where expanded.id = event.id;
end
$$;
comment on function notifier.expand_recording(notifier.events, integer) is
    'Expands the next page of a recording''s event, which the caller has locked: how many candidates it considered, how many mails it added, whether there is another page.';
revoke execute on function notifier.expand_recording(notifier.events, integer) from public;

-- From waiting changes of enrollments to events: one for each session ahead that somebody came to or went from, which
-- then is expanded to recipients like any other. All events of a call have one transaction, so that each student gets
-- one mail. Who left and came back meanwhile counts as having come: a claim may have passed over a mail to them, and
-- the next one knows what they have been told. Who joins is told of what is ahead in the next 90 days; who leaves is
-- out of all that is ahead. What is more than a mail has room for goes into another.
--
-- One worker at a time, so that changes of one enrollment get their positions in their order. The sessions are locked
-- first, as by every writer of their events; when somebody is editing one of them, all wait until that is done.
create function notifier.expand_enrollments(max_changes integer)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    c_days_ahead constant interval := interval '90 days';
    v_now timestamptz := clock_timestamp();
    v_debounce interval := make_interval(
        secs => (select settings.mail_debounce_seconds from public.app_settings as settings)
    );
    v_course_id uuid;
    v_changes bigint[];
    v_joined uuid[];
    v_left uuid[];
    v_sessions uuid[];
    v_locked public.success_sessions[];
    v_position bigint;
begin
    select waiting.course_id into v_course_id
    from notifier.enrollment_changes as waiting
    where waiting.position is null and waiting.created_at <= v_now - v_debounce
    order by waiting.id
    limit 1;
    if v_course_id is null
        or not pg_try_advisory_xact_lock('notifier.enrollment_changes'::regclass::integer, 0)
    then
        return 0;
    end if;
    -- Looked for again under the lock: whoever held it before may have expanded these.
    v_changes := array(
        select waiting.id
        from notifier.enrollment_changes as waiting
        where waiting.position is null and waiting.course_id = v_course_id
        order by waiting.id
        limit max_changes
    );

    with
    net as (
        select
            (array_agg(change.was_active order by change.id))[1] as was_active,
            (array_agg(change.old_batch_id order by change.id))[1] as old_batch_id,
            (array_agg(change.is_active order by change.id desc))[1] as is_active,
            (array_agg(change.new_batch_id order by change.id desc))[1] as new_batch_id,
            count(*) > 1 as is_back
        from (
            select listed.*
            from notifier.enrollment_changes as listed
            where listed.id = any(v_changes)
            offset 0 -- else Postgres 15 reads all there are, in the order of students
        ) as change
        group by change.student_id
    )
    select
        array_agg(distinct private.audience_key(v_course_id, net.new_batch_id)) filter (where net.is_active),
        array_agg(distinct private.audience_key(v_course_id, net.old_batch_id)) filter (where net.was_active)
    into v_joined, v_left
    from net
    where
        (net.was_active, net.old_batch_id) is distinct from (net.is_active, net.new_batch_id)
        or (net.is_active and net.is_back);
    v_sessions := array(
        select ahead.id
        from (
            select session.id
            from public.success_sessions as session
            where
                session.audience_key = any(v_joined)
                and session.start_time > v_now
                and session.start_time <= v_now + c_days_ahead
                and session.status = 'upcoming'
            union
            select session.id
            from public.success_sessions as session
            where session.audience_key = any(v_left) and session.start_time > v_now and session.status = 'upcoming'
        ) as ahead
    );
    v_locked := array(
        select session
        from public.success_sessions as session
        where session.id = any(v_sessions)
        order by session.id
        for no key update skip locked
    );
    if cardinality(v_locked) < cardinality(v_sessions) then
        return 0;
    end if;

    -- Under the locks: nobody writes an event of these sessions between this position and the events below.
    v_position := nextval(pg_get_serial_sequence('notifier.events', 'id'));
    update notifier.enrollment_changes as change set position = v_position where change.id = any(v_changes);
    insert into notifier.events (session_id, old, new, enrollment_position)
    select
        state.session_id,
        state.snapshot,
        state.snapshot,
        v_position
    from (
        select
            (locked).id as session_id,
            notifier.session_snapshot(locked) as snapshot
        from unnest(v_locked) as locked
    ) as state
    -- Whatever has been called off since is no longer ahead.
    where notifier.is_open(state.snapshot)
    order by state.session_id;
    return cardinality(v_changes);
end
$$;
comment on function notifier.expand_enrollments(integer) is
    'Turns waiting changes of one course''s enrollments into events of the sessions concerned; how many changes, at most max_changes. 0: none is waiting, or not now.';
revoke execute on function notifier.expand_enrollments(integer) from public;

-- Fans events out to recipients, one row of notifier.emails each, in pages: at most max_emails candidates per call, so
-- that the transaction stays short whatever the size of the audience.
--
-- Events that have not been started come before the further pages of those that have: a change that concerns few is not
-- kept waiting by one that concerns 100,000.
--
-- Several workers may call it at once: each takes another transaction's events (skip locked). Events of one session and
-- topic are expanded in order, and those that pile up before the first is started are merged into it: one mail from the
-- first old state to the last new one. The page is a keyset over the ids of the candidates, who come from indexes, and
-- runs over all sessions that a transaction changed at once: each person has all of their mails, or none yet. Expanding
-- twice adds nothing (unique key).
--
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.expand_events(max_emails integer default 500)
returns table (emails integer, more boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_left integer := max_emails;
    v_changes integer;
    -- The index still holds the events that this call has expanded: searched from the beginning each time, many small
    -- ones would cost their square.
    v_last_id bigint;
    v_started boolean;
    v_event notifier.events;
    v_events notifier.events[];
    v_added integer;
    v_candidates integer;
begin
    if max_emails is null or max_emails < 1 then
        raise exception using
            errcode = '22023',
            message = 'max_emails must be a positive number',
            hint = 'Send how many recipients one call may add, such as 500.';
    end if;
    emails := 0;
    more := false;
    -- Beside the rest: 100,000 who are enrolled at once keep no other change waiting.
    v_changes := notifier.expand_enrollments(max_emails);
    foreach v_started in array array[false, true] loop
        v_last_id := 0;
        while v_left > 0 and not more loop
            select event.* into v_event
            from notifier.events as event
            where
                event.expanded_at is null
                and (event.through_id is not null) = v_started
                and event.id > v_last_id
                and not exists (
                    select from notifier.events as earlier
                    where
                        earlier.session_id = event.session_id
                        and earlier.topic = event.topic
                        and earlier.id < event.id
                        and earlier.expanded_at is null
                    offset 0
                )
                -- What a transaction did to several sessions is expanded together, under the lock of its first event.
                and (
                    event.topic <> 'invitation'
                    or not exists (
                        select from notifier.events as sibling
                        where
                            sibling.transaction_id = event.transaction_id
                            and sibling.topic = 'invitation'
                            and sibling.expanded_at is null
                            and sibling.id < event.id
                        offset 0
                    )
                )
            order by event.expanded_at, event.id
            limit 1
            for no key update skip locked;
            exit when not found;
            v_last_id := v_event.id;

            if v_event.topic = 'summary' then
                v_added := notifier.expand_summary(v_event);
                v_candidates := 1;
            elsif v_event.topic = 'recording' then
                select page.added, page.candidates, page.more into v_added, v_candidates, more
                from notifier.expand_recording(v_event, v_left) as page;
            else
                if v_event.topic = 'reminder' then
                    -- Reminders are not merged: each is for those who chose its number of minutes.
                    v_event.through_id := v_event.id;
                    update notifier.events as started set through_id = v_event.id where started.id = v_event.id;
                    v_events := array[v_event];
                else
                    v_events := notifier.start_events(v_event);
                end if;
                continue when v_events = '{}';
                select page.added, page.candidates, page.more into v_added, v_candidates, more
                from notifier.expand_page(
                    v_events, case when cardinality(v_events) > 1 then max_emails else v_left end
                ) as page;
            end if;
            emails := emails + v_added;
            v_left := v_left - v_candidates;
        end loop;
    end loop;
    more := more or v_left <= 0 or v_changes > 0;
    return next;
end
$$;
comment on function notifier.expand_events(integer) is
    'Expands waiting events, oldest first and large ones page by page after the others, considering about max_emails recipients: how many mails were queued, and whether to call again at once.';
revoke execute on function notifier.expand_events(integer) from public;
grant execute on function notifier.expand_events(integer) to notifier;

-- == From mail to worker and back ====================================================================================

-- What a mail shows of a session: names instead of ids, and nothing secret.
create function notifier.session_details(snapshot jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            snapshot - array['course_id', 'batch_id', 'mentor_id', 'meeting_details', 'backup_details']
            || jsonb_build_object(
                'platform_name', (select name from public.meeting_platforms where id = snapshot ->> 'platform'),
                'mentor_name',
                (select nullif(full_name, '') from public.profiles where id = (snapshot ->> 'mentor_id')::uuid),
                'course_name', (select name from public.courses where id = (snapshot ->> 'course_id')::uuid),
                'batch_name', (select name from public.batches where id = (snapshot ->> 'batch_id')::uuid)
            )
    );
end
$$;
comment on function notifier.session_details(jsonb) is
    'A notifier.session_snapshot as mails show it: id, title, description, session_type, status, start_time, end_time, timezone, platform, cancel_reason, sequence, registration_required, calendar_uid, series_id, recurrence_id, uses_backup_link, link_failure_note and the names of platform, mentor, course and batch.';
revoke execute on function notifier.session_details(jsonb) from public;

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

-- Worked out when the mail is claimed: a mark that was put right in the meantime takes its warning back.
create function notifier.attendance_warning(session_id uuid, recipient_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_low constant integer := (select settings.low_attendance_percent from public.app_settings as settings);
    v_session public.success_sessions;
    v_rate record;
    v_students jsonb;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = attendance_warning.session_id;
    if v_session.mentor_id = recipient_id then
        select
            jsonb_agg(
                jsonb_build_object(
                    'full_name', profile.full_name,
                    'attended', rate.attended,
                    'sessions', rate.sessions,
                    'percent', rate.percent
                )
                order by profile.full_name, profile.id
            )
        into v_students
        from notifier.attendance_warnings as warned
        inner join public.profiles as profile on warned.student_id = profile.id
        inner join public.course_enrollments as enrollment
            on warned.student_id = enrollment.student_id and warned.course_id = enrollment.course_id
        cross join lateral private.course_attendance(warned.course_id, warned.student_id) as rate
        where
            warned.session_id = attendance_warning.session_id
            and enrollment.status = 'active'
            and rate.percent < v_low;
        return case
            when v_students is not null and exists (
                select from public.user_roles as held
                where held.user_id = attendance_warning.recipient_id and held.role = 'mentor'
            ) then jsonb_build_object('attended', 0, 'sessions', 0, 'percent', 0, 'students', v_students)
        end;
    end if;
    if not exists (
        select from public.course_enrollments as enrollment
        where
            enrollment.student_id = attendance_warning.recipient_id
            and enrollment.course_id = v_session.course_id
            and enrollment.status = 'active'
    ) then
        return null;
    end if;
    select rate.* into v_rate
    from private.course_attendance(v_session.course_id, attendance_warning.recipient_id) as rate;
    return case
        when v_rate.percent < v_low
            then jsonb_build_object(
                'attended', v_rate.attended,
                'sessions', v_rate.sessions,
                'percent', v_rate.percent,
                'students', '[]'::jsonb
            )
    end;
end
$$;
comment on function notifier.attendance_warning(uuid, uuid) is
    'What a warning after this session says: {"attended", "sessions", "percent", "students": [{"full_name", "attended", "sessions", "percent"}]}, the student''s own figures or, to the mentor, those of the students; null when there is nothing to warn of any more.';
revoke execute on function notifier.attendance_warning(uuid, uuid) from public;

create function notifier.next_local_time(as_of timestamptz, timezone text, time_of_day time)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when ((as_of at time zone timezone)::date + time_of_day) at time zone timezone > as_of
            then ((as_of at time zone timezone)::date + time_of_day) at time zone timezone
        else ((as_of at time zone timezone)::date + 1 + time_of_day) at time zone timezone
    end;
end
$$;
comment on function notifier.next_local_time(timestamptz, text, time) is
    'The next moment after as_of at which clocks in this zone show this time.';
revoke execute on function notifier.next_local_time(timestamptz, text, time) from public;

-- A person's quiet hours and mail of the day, applied to one mail. What cannot wait: that a session is called off or
-- moved within a day, that the way in has changed, an answer about a seat, and news that would come when the session
-- has begun. Reminders and the mentor's summary are no news, and stay out of the mail of the day; a reminder that loses
-- its use by waiting is dropped by the claim then.
create function notifier.postponement(
    topic notifier.email_topic,
    kind notifier.email_kind,
    old jsonb,
    new jsonb,
    changes jsonb,
    timezone text,
    quiet_from time,
    quiet_until time,
    digest_at time,
    postponed_for text,
    as_of timestamptz,
    out reason text,
    out until timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_clock time := (as_of at time zone postponement.timezone)::time;
begin
    if topic = 'registration'
        or (topic = 'invitation' and changes ?| array['meeting_details', 'meeting_link'])
        or (
            kind in ('session_cancelled', 'session_rescheduled', 'mentor_unassigned')
            and notifier.is_urgent(old, new, as_of)
        )
    then
        return;
    end if;
    if digest_at is not null and topic in ('invitation', 'recording') then
        if postponed_for is distinct from 'digest' then
            reason := 'digest';
            until := notifier.next_local_time(as_of, postponement.timezone, digest_at);
        end if;
    elsif (
        case
            when quiet_from < quiet_until then v_clock >= quiet_from and v_clock < quiet_until
            else v_clock >= quiet_from or v_clock < quiet_until
        end
    )
    then
        reason := 'quiet_hours';
        until := notifier.next_local_time(as_of, postponement.timezone, quiet_until);
    end if;
    if topic = 'invitation'
        and notifier.is_open(new)
        and least((old ->> 'start_time')::timestamptz, (new ->> 'start_time')::timestamptz) <= until
    then
        reason := null;
        until := null;
    end if;
end
$$;
comment on function notifier.postponement(
    notifier.email_topic, notifier.email_kind, jsonb, jsonb, jsonb, text, time, time, time, text, timestamptz
) is
    'Until when, and for what (quiet_hours or digest), a mail about a change between these states is put off for somebody with these quiet hours and mail of the day, by the clock in their zone; nulls: not at all.';
revoke execute on function notifier.postponement(
    notifier.email_topic, notifier.email_kind, jsonb, jsonb, jsonb, text, time, time, time, text, timestamptz
) from public;

-- The first half of a claim: an ordered index scan that stops after max_emails mails, with one look at an index for
-- each. Urgent mails have a scan of their own, before the others, so that they wait for urgent ones only. A claim with
-- urgent mails takes up to five others: few, because the claim has to decide what each of them says before the urgent
-- ones can go; some, so that a steady trickle of urgent mail does not hold up all the rest.
--
-- Rows of one transaction for one person go together. The scan finds only the first of them that may be sent, an urgent
-- one if there is any, and the others are locked under its lock: so two claims at once do not tear them apart. Those
-- that are not due, or follow an unfinished mail, go by themselves later. With a mail in doubt go the rows that it
-- carried. A mail has at most 200 parts, and a claim ends once it has four times as many rows as mails were asked for:
-- it is rows that take time, and whatever is urgent waits for the claim under way.
--
-- Mails that were handed over in one request are in doubt together, and are claimed together: the request is repeated
-- under its key, which stands for all of them. The scan finds the mail with the lowest id, once no worker holds any of
-- them.
--
-- The queue may be empty now and hold 100,000 mails a second later, so the planner's statistics are wrong when it
-- matters: by plans with joins, which looked harmless while the queue was empty, a claim took 1.6 to 7 s. So these
-- functions have settings that leave only index scans (and no JIT, which the high price of disabled plans would switch
-- on), `offset 0`, which keeps a subquery from becoming a join, and orders that only the intended index can serve. With
-- the shape of the plans fixed that way, they are made once per connection. Planning each time doubled the time from
-- COMMIT to the mail server's 250, and a claim of 100 out of 100,000 mails by plans made while the queue was empty is
-- no slower (23 ms against 28).
create function notifier.lock_due_emails(max_emails integer)
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
    c_most_rows constant bigint := 4::bigint * max_emails;
    v_now timestamptz := clock_timestamp();
    v_locked uuid[] := array[]::uuid[];
    v_mails integer := 0;
    v_most integer := max_emails;
    v_urgent boolean;
    v_parcel uuid[];
    v_first record;
begin
    foreach v_urgent in array array[true, false] loop
        for v_first in
            select
                due.id,
                due.status,
                due.transaction_id,
                due.recipient_id,
                due.parcel_id
            from notifier.emails as due
            where
                due.status in ('queued', 'in_doubt')
                and due.carried_by is null
                and due.urgent = v_urgent
                and due.available_at <= v_now
                and not exists (
                    select from notifier.emails as earlier
                    where
                        earlier.session_id = due.session_id
                        and earlier.recipient_id = due.recipient_id
                        and earlier.topic = due.topic
                        and earlier.event_id < due.event_id
                        and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                    offset 0
                )
                and (
                    due.transaction_id is null
                    or due.status = 'in_doubt'
                    or not exists (
                        select from notifier.emails as sibling
                        where
                            sibling.transaction_id = due.transaction_id
                            and sibling.recipient_id = due.recipient_id
                            and (
                                (sibling.urgent and not v_urgent)
                                or (sibling.urgent = v_urgent and sibling.event_id < due.event_id)
                            )
                            and sibling.status = 'queued'
                            and sibling.available_at <= v_now
                            and not exists (
                                select from notifier.emails as earlier
                                where
                                    earlier.session_id = sibling.session_id
                                    and earlier.recipient_id = sibling.recipient_id
                                    and earlier.topic = sibling.topic
                                    and earlier.event_id < sibling.event_id
                                    and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                                offset 0
                            )
                        -- Else, in a table that was never analyzed, an index of other columns would seem as good.
                        order by sibling.event_id
                        offset 0
                    )
                )
                and (
                    due.parcel_id is null
                    or not exists (
                        select from notifier.emails as companion
                        where
                            companion.parcel_id = due.parcel_id
                            and companion.status in ('claimed', 'sending', 'in_doubt')
                            and (companion.id < due.id or companion.status <> 'in_doubt')
                        offset 0
                    )
                )
            order by due.available_at, due.event_id
            limit v_most - v_mails
            for update skip locked
        loop
            v_mails := v_mails + 1;
            if v_first.parcel_id is not null then
                v_parcel := array(
                    select companion.id
                    from notifier.emails as companion
                    where companion.parcel_id = v_first.parcel_id and companion.status = 'in_doubt'
                    order by companion.id
                    for update skip locked
                );
                -- Not all of the request is locked: a worker is recording what became of one of its mails.
                continue when exists (
                    select from notifier.emails as companion
                    where
                        companion.parcel_id = v_first.parcel_id
                        and companion.status in ('claimed', 'sending', 'in_doubt')
                        and companion.id <> all(v_parcel)
                    offset 0
                );
                v_locked := v_locked || notifier.with_carried(v_parcel);
                continue;
            end if;
            v_locked := v_locked || v_first.id;
            if v_first.status = 'in_doubt' then
                v_locked := v_locked || array(
                    select carried.id from notifier.emails as carried where carried.carried_by = v_first.id
                );
            elsif v_first.transaction_id is not null then
                v_locked := v_locked || array(
                    select sibling.id
                    from notifier.emails as sibling
                    where
                        sibling.transaction_id = v_first.transaction_id
                        and sibling.recipient_id = v_first.recipient_id
                        and sibling.id <> v_first.id
                        and sibling.status = 'queued'
                        and sibling.available_at <= v_now
                        and not exists (
                            select from notifier.emails as earlier
                            where
                                earlier.session_id = sibling.session_id
                                and earlier.recipient_id = sibling.recipient_id
                                and earlier.topic = sibling.topic
                                and earlier.event_id < sibling.event_id
                                and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                            offset 0
                        )
                    order by sibling.event_id
                    limit 199
                    for update skip locked
                );
            end if;
            exit when cardinality(v_locked) >= c_most_rows;
        end loop;
        if v_mails > 0 then
            v_most := least(max_emails, v_mails + 5);
        end if;
        exit when v_mails >= v_most or cardinality(v_locked) >= c_most_rows;
    end loop;
    return v_locked;
end
$$;
comment on function notifier.lock_due_emails(integer) is
    'Locks the oldest due mails, urgent ones first, that nobody else holds and that follow no unfinished one, with all rows that go out in them, and returns their ids.';
revoke execute on function notifier.lock_due_emails(integer) from public;

-- Upper and lower case are the same mailbox nearly everywhere, and nobody is written to twice for the difference.
create function notifier.address_hash(address text)
returns bytea
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(convert_to(private.lower_address(address), 'UTF8'));
end
$$;
comment on function notifier.address_hash(text) is
    'What a mail address is known by in notifier.suppressions: the SHA-256 of it in lower case; null for null.';
revoke execute on function notifier.address_hash(text) from public;

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

-- The second half of a claim: one statement judges all of its rows and makes mails of those that are to be sent; those
-- that the recipient wants later go back into the queue until then. The functions that it asks are stable and so see
-- what it sees: what is folded into a mail is what that mail tells of. For `offset 0` see notifier.lock_due_emails.
create function notifier.decide_emails(
    email_ids uuid[],
    claim_id uuid,
    worker text,
    lease interval,
    organizer text,
    app_url text
)
returns setof notifier.claimed_email
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_nestloop = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    return query
    with
    judged as materialized (
        select verdict.* from notifier.judge_emails(email_ids, v_now) as verdict
    ),
    edition as materialized (
        select written.*
        from notifier.write_editions(
            array(select row(judged.*)::notifier.judged_email from judged where judged.verdict = 'tell'),
            organizer,
            app_url
        ) as written
    ),
    marked as (
        update notifier.emails as marked
        set
            status = case judged.verdict
                when 'tell' then 'claimed'
                when 'wait' then 'queued'
                else 'skipped'
            end::notifier.email_status,
            kind = coalesce(judged.kind, marked.kind),
            -- All that waits for a mail of the day has this one, so that it goes out together.
            transaction_id = case
                when judged.verdict = 'wait' and judged.wait_for = 'digest' then '0' else marked.transaction_id
            end,
            available_at = case when judged.verdict = 'wait' then judged.wait_until else marked.available_at end,
            postponed_for = case when judged.verdict = 'wait' then judged.wait_for else marked.postponed_for end,
            -- The same for all rows of a mail, so that they are given up together, too.
            attempts = case when judged.verdict = 'tell' then judged.attempt else marked.attempts end,
            claim_id = case when judged.verdict = 'tell' then decide_emails.claim_id end,
            claimed_by = case when judged.verdict = 'tell' then worker end,
            lease_until = case when judged.verdict = 'tell' and judged.id = judged.carrier_id then v_now + lease end,
            carried_by = case
                when judged.verdict = 'tell' and judged.id <> judged.carrier_id then judged.carrier_id
            end,
            -- A mail that is skipped for one of these reasons has dealt with its events, as one that is sent has, and
            -- later mails begin after them. One that is skipped for another reason has not.
            told_from = case
                when judged.verdict = 'tell'
                    or judged.skip_reason in ('nothing_changed', 'not_invited', 'cancelled_before_told', 'switched_off')
                    then judged.from_id
            end,
            told_through = case
                when judged.verdict = 'tell'
                    or judged.skip_reason in ('nothing_changed', 'not_invited', 'cancelled_before_told', 'switched_off')
                    then judged.through_id
            end,
            skip_reason = judged.skip_reason
        from judged
        where marked.id = judged.id and marked.id = any(email_ids)
    ),
    younger as materialized (
        select
            follower.id,
            judged.verdict,
            judged.wait_until,
            judged.wait_for,
            -- Each recording is told of by itself; a reminder that is dropped says nothing for the next one.
            not judged.is_in_doubt
            and judged.verdict <> 'wait'
            and judged.topic <> 'recording'
            and (judged.topic <> 'reminder' or judged.skip_reason is null) as is_told
        from judged
        cross join lateral (
            select
                candidate.id,
                candidate.status
            from notifier.emails as candidate
            where
                candidate.session_id = judged.session_id
                and candidate.recipient_id = judged.recipient_id
                and candidate.topic = judged.topic
                and candidate.event_id > judged.event_id
                and candidate.status in ('queued', 'claimed', 'sending', 'in_doubt')
            offset 0
        ) as follower
        where follower.status = 'queued'
    ),
    folded as (
        update notifier.emails as later
        set status = 'skipped', skip_reason = 'superseded'
        where later.id = any(array(select younger.id from younger where younger.is_told))
    ),
    -- A mail that follows one that waits would be due, and every claim would pass over it. So it waits as long and for
    -- the same reason; else a session's second recording would then wait for the next day's mail as well.
    deferred as (
        update notifier.emails as later
        set
            available_at = greatest(later.available_at, younger.wait_until),
            postponed_for = case
                when later.available_at <= younger.wait_until then younger.wait_for
                else later.postponed_for
            end
        from younger
        where
            later.id = younger.id
            and later.id = any(array(select waiting.id from younger as waiting where waiting.verdict = 'wait'))
    )
    select
        judged.id,
        decide_emails.claim_id,
        judged.event_id,
        edition.kind,
        judged.is_in_doubt,
        judged.attempt,
        judged.recipient_id,
        judged.address,
        judged.full_name,
        judged.timezone,
        judged.locale,
        judged.role,
        edition.sessions,
        edition.parts,
        array(
            select private.calendar_for(object.content, judged.address, judged.full_name)
            from unnest(edition.calendars) with ordinality as object (content, position)
            order by object.position
        ),
        case judged.topic
            when 'summary' then private.attendance_summary(judged.session_id)
            when 'warning' then notifier.attendance_warning(judged.session_id, judged.recipient_id)
        end,
        case
            -- The key is looked up once, when the first mail needs it.
            when edition.optional_kind is not null
                then private.unsubscribe_token(
                    (select private.unsubscribe_key()), judged.recipient_id, edition.optional_kind
                )
        end,
        judged.urgent,
        judged.parcel_id,
        case
            when judged.is_in_doubt
                then (select doubted.transport from notifier.emails as doubted where doubted.id = judged.id)
        end
    from edition
    cross join lateral unnest(edition.email_ids) as mail (id)
    inner join judged on mail.id = judged.id
    order by judged.urgent desc, judged.available_at, judged.event_id, judged.id;
end
$$;
comment on function notifier.decide_emails(uuid[], uuid, text, interval, text, text) is
    'Decides for each of these rows, which the caller has locked, whether it is to be sent and what it says; claims or skips it, and returns the mails claimed.';
revoke execute on function notifier.decide_emails(uuid[], uuid, text, interval, text, text) from public;

-- Hands a worker up to max_emails mails to send, and decides now what each of them says.
--
-- Which: due, oldest first, none while an older mail of the same topic to the same person about the same session is
-- unfinished, so that nobody is told of a change before the session. Rows held by other workers are passed over (skip
-- locked). What one transaction did to several sessions of one person goes out as one mail of several parts, as far as
-- it may go out now. The rows are locked first and judged by a second statement, whose snapshot is younger than the
-- locks.
--
-- What: from what the recipient was told last to what holds now. The mail's event says what was known before it, unless
-- an earlier mail went out so late that it already told of this event too; then the first event after what that mail
-- told does. So it is with whoever came to an audience or left it since: others may have had mails that they had not,
-- and the last one that they had is looked up. The newest event says what holds now; waiting mails of later events are
-- folded into this one. If nothing is left to tell, or the recipient's access has ended, the mail is skipped and says
-- why. A mail in doubt is sent again as it was, and nothing is folded into it. All of that holds for each part of a
-- mail by itself.
--
-- An attempt is counted here, so that a mail that kills its worker is not tried for ever. Where very many stale mails
-- stand before the first to be sent, the call ends empty after a second of skipping and next_wake() says to call again.
--
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.claim_emails(
    worker text,
    max_emails integer,
    lease interval,
    organizer text,
    app_url text
)
returns setof notifier.claimed_email
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claim_id uuid := gen_random_uuid();
    v_due uuid[];
    v_patience_ends timestamptz := clock_timestamp() + interval '1 second';
begin
    if max_emails is null or max_emails < 1 or lease is null or lease <= interval '0' then
        raise exception using
            errcode = '22023',
            message = 'max_emails and lease must be positive',
            hint = 'Send how many mails to claim and for how long, such as 100 and 1 minute.';
    end if;
    loop
        v_due := notifier.lock_due_emails(max_emails);
        exit when v_due = '{}';
        return query
        select * from notifier.decide_emails(v_due, v_claim_id, worker, lease, organizer, app_url);
        exit when found or clock_timestamp() > v_patience_ends;
    end loop;
end
$$;
comment on function notifier.claim_emails(text, integer, interval, text, text) is
    'Claims up to max_emails due mails for a worker until the lease ends and says what each is to tell, to whom; stale ones are skipped on the way. organizer: mailbox named in calendar parts; app_url: where links lead.';
revoke execute on function notifier.claim_emails(text, integer, interval, text, text) from public;
grant execute on function notifier.claim_emails(text, integer, interval, text, text) to notifier;

-- 15 seconds, doubled with each attempt, at most an hour, times 0.5 to 1.5 so that what failed together does not return
-- together; after 16 attempts, some eight hours, given up.
create function notifier.retry_delay(attempts integer)
returns interval
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when attempts < 16
            then least(interval '15 seconds' * power(2, attempts - 1), interval '1 hour') * (0.5 + random())
    end;
end
$$;
comment on function notifier.retry_delay(integer) is
    'How long to wait after this many attempts, with jitter; null: no more attempts.';
revoke execute on function notifier.retry_delay(integer) from public;

create function notifier.with_carried(email_ids uuid[])
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
    return email_ids || array(
        select carried.id from notifier.emails as carried where carried.carried_by = any(email_ids)
    );
end
$$;
comment on function notifier.with_carried(uuid[]) is 'These mails and the rows that go out in them.';
revoke execute on function notifier.with_carried(uuid[]) from public;

-- A reminder is asked about once more just before it is handed over. Where the way out is slow, a minute may pass
-- between the claim and that, and nobody is to be reminded of what was called off or moved meanwhile. It goes back to
-- the queue, where the next claim, which asks the same, drops it.
create function notifier.recall_reminders(claim uuid, email_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_untrue uuid[] := array(
        select held.id
        from (
            select email.*
            from notifier.emails as email
            where email.id = any(email_ids)
            offset 0
        ) as held
        where
            held.topic = 'reminder'
            and held.claim_id = claim
            and notifier.reminder_refusal(held.event_id, held.recipient_id, v_now) is not null
    );
begin
    if v_untrue = '{}' then
        return v_untrue;
    end if;
    return array(select released.id from notifier.release_emails(claim, v_untrue) as released (id));
end
$$;
comment on function notifier.recall_reminders(uuid, uuid[]) is
    'Gives back those of these mails of this claim that remind of a session that was called off, has moved or has begun since they were claimed, or somebody who is out of it; returns them.';
revoke execute on function notifier.recall_reminders(uuid, uuid[]) from public;

-- For mails that are about to be handed over. Those whose turn comes within a second stay; the others go back to the
-- queue until their turn, which is theirs: they do not line up again, and the attempt is not counted. Turns are given
-- in the order asked for. Urgent mail takes a turn and does not wait for it. A request in doubt is repeated as a whole,
-- or not at all: its mails have had their turns.
--
-- A mail takes its turn under the limit of all mail (*) only when its turn under the domain's limit has come: taken
-- earlier, the long queue of one domain would use up everybody's turns.
--
-- Limits are locked in the order of their names, and whoever holds one locks nothing more but the mails of its claim,
-- which the caller has locked already. So workers wait for each other, but never in a circle.
create function notifier.take_turns(claim uuid, email_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_turns jsonb;
    v_email record;
    v_limit text;
    v_turn_at timestamptz;
    v_postponed uuid[] := array[]::uuid[];
    v_turns_at timestamptz[] := array[]::timestamptz[];
    v_scopes text[] := array[]::text[];
begin
    select
        jsonb_object_agg(
            held.domain,
            jsonb_build_object(
                'next', greatest(held.next_turn_at, v_now), 'gap', interval '1 minute' / held.per_minute
            )
        )
    into v_turns
    from (
        select locked.*
        from notifier.send_limits as locked
        where
            locked.domain = '*'
            or locked.domain in (
                select private.lower_address(split_part(account.email, '@', 2))
                from notifier.emails as email
                inner join auth.users as account on email.recipient_id = account.id
                where email.id = any(email_ids)
            )
        order by locked.domain
        for update
    ) as held;
    if v_turns is null then
        return v_postponed;
    end if;
    for v_email in
        select
            email.id,
            email.urgent,
            email.turn_scope,
            private.lower_address(split_part(account.email, '@', 2)) as domain
        from unnest(email_ids) with ordinality as asked (id, position)
        inner join notifier.emails as email on asked.id = email.id
        inner join auth.users as account on email.recipient_id = account.id
        where
            email.claim_id = claim
            and email.status = 'claimed'
            and email.carried_by is null
            and email.parcel_id is null
        order by asked.position
    loop
        foreach v_limit in array array[v_email.domain, '*'] loop
            continue when
                not v_turns ? v_limit
                or v_email.turn_scope = 'all'
                or (v_email.turn_scope = 'domain' and v_limit <> '*');
            v_turn_at := (v_turns -> v_limit ->> 'next')::timestamptz;
            v_turns := jsonb_set(
                v_turns, array[v_limit, 'next'], to_jsonb(v_turn_at + (v_turns -> v_limit ->> 'gap')::interval)
            );
            if not v_email.urgent and v_turn_at >= v_now + interval '1 second' then
                v_postponed := v_postponed || v_email.id;
                v_turns_at := v_turns_at || date_trunc('second', v_turn_at);
                v_scopes := v_scopes || case v_limit when '*' then 'all' else 'domain' end;
                exit;
            end if;
        end loop;
    end loop;

    update notifier.send_limits as held
    set next_turn_at = (v_turns -> held.domain ->> 'next')::timestamptz
    where v_turns ? held.domain;
    update notifier.emails as email
    set
        status = case when email.in_doubt_at is null then 'queued' else 'in_doubt' end::notifier.email_status,
        carried_by = case when email.in_doubt_at is not null then email.carried_by end,
        attempts = email.attempts - 1,
        available_at = turn.turn_at,
        turn_scope = turn.turn_scope,
        claim_id = null,
        lease_until = null
    from (
        select
            part.id,
            later.turn_at,
            later.turn_scope
        from unnest(v_postponed, v_turns_at, v_scopes) as later (id, turn_at, turn_scope)
        cross join lateral unnest(notifier.with_carried(array[later.id])) as part (id)
    ) as turn
    where email.id = turn.id and email.claim_id = claim and email.status = 'claimed';
    return v_postponed;
end
$$;
comment on function notifier.take_turns(uuid, uuid[]) is
    'Gives mails of this claim their turns under notifier.send_limits and returns those that went back to the queue until theirs.';
revoke execute on function notifier.take_turns(uuid, uuid[]) from public;

-- The mark before a message is handed over: from here on a crash leaves its outcome unknown. It must be committed
-- before the server could accept the mail, and only what it returns as begun may be sent; what it returns as not begun
-- went back to the queue. Rows are locked in the order of their ids, whatever the order asked for, so that two calls at
-- once cannot deadlock. Carried rows follow. What goes out in one request is marked with its id, so that whoever
-- repeats it knows all that was in it; and each with its transport, because only that one may know a repetition for
-- what it is. Whoever asks again, because the answer was lost with the connection, has handed nothing over meanwhile:
-- what that call had marked is answered once more.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.begin_sending(
    claim uuid,
    email_ids uuid[],
    lease interval,
    parcel_id uuid default null,
    transport text default null,
    again boolean default false
)
returns table (email_id uuid, is_begun boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_held uuid[];
    v_has_reminders boolean;
    v_returned uuid[] := array[]::uuid[];
begin
    select
        coalesce(array_agg(held.id), '{}'),
        coalesce(bool_or(held.topic = 'reminder'), false)
    into v_held, v_has_reminders
    from (
        select locked.*
        from notifier.emails as locked
        where locked.id = any(email_ids)
        order by locked.id
        offset 0
        for update
    ) as held
    where
        held.claim_id = claim
        and (held.status = 'claimed' or (again and held.status = 'sending'))
        and held.carried_by is null;
    if v_has_reminders then
        v_returned := notifier.recall_reminders(claim, v_held);
    end if;
    if exists (select from notifier.send_limits) then
        v_returned := v_returned || notifier.take_turns(claim, email_ids);
    end if;
    return query
    with begun as (
        update notifier.emails as email
        set
            status = 'sending',
            turn_scope = null,
            transport = begin_sending.transport,
            parcel_id = case when email.carried_by is null then coalesce(begin_sending.parcel_id, email.parcel_id) end,
            lease_until = case when email.carried_by is null then clock_timestamp() + begin_sending.lease end
        where email.id = any(notifier.with_carried(v_held)) and email.claim_id = claim
        returning
            email.id,
            email.carried_by
    )
    select
        begun.id,
        true
    from begun
    where begun.carried_by is null
    union all
    select
        returned.id,
        false
    from unnest(v_returned) as returned (id);
end
$$;
comment on function notifier.begin_sending(uuid, uuid[], interval, uuid, text, boolean) is
    'Marks mails of this claim as being handed over and renews their lease. Returns those that may be sent, as begun, and those that went back to the queue, for a limit or because there is nothing left to remind of; without those the claim has lost. parcel_id: the request that they share; null: they go one by one. transport: what they are handed to. again: whether this repeats a call whose answer was lost.';
revoke execute on function notifier.begin_sending(uuid, uuid[], interval, uuid, text, boolean) from public;
grant execute on function notifier.begin_sending(uuid, uuid[], interval, uuid, text, boolean) to notifier;

-- Also takes a mail whose lease has run out, or that went into doubt for that reason, as long as no other claim has it:
-- it is known to have been accepted, and sending it again would help nobody. Rows are locked in the order of their ids,
-- whatever the order asked for, so that two calls at once cannot deadlock. Carried rows follow.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.complete_emails(claim uuid, email_ids uuid[], transport text)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
    return query
    with completed as (
        update notifier.emails as email
        set status = 'sent', sent_at = clock_timestamp(), transport = complete_emails.transport, lease_until = null
        where email.id = any(
            notifier.with_carried(
                array(
                    select held.id
                    from (
                        select locked.*
                        from notifier.emails as locked
                        where locked.id = any(email_ids)
                        order by locked.id
                        offset 0
                        for update
                    ) as held
                    where
                        held.claim_id = claim
                        and held.status in ('claimed', 'sending', 'in_doubt')
                        and held.carried_by is null
                )
            )
        )
        returning
            email.id,
            email.carried_by
    )
    select completed.id from completed where completed.carried_by is null;
end
$$;
comment on function notifier.complete_emails(uuid, uuid[], text) is
    'Records that mails of this claim were accepted, by which transport; returns those recorded, without those another claim has taken over.';
revoke execute on function notifier.complete_emails(uuid, uuid[], text) from public;
grant execute on function notifier.complete_emails(uuid, uuid[], text) to notifier;

-- A server's answer often repeats an address.
create function notifier.redacted_error(error text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return left(
        regexp_replace(error, '[^[:space:]<>"''(),;:]+@[^[:space:]<>"''(),;:]+', '<address>', 'g'), 500
    );
end
$$;
comment on function notifier.redacted_error(text) is
    'What a failed attempt met, as it may be kept: without addresses, 500 characters at most.';
revoke execute on function notifier.redacted_error(text) from public;

-- What becomes of a mail that was not accepted, or perhaps was. One of several parts falls apart into its rows to be
-- tried again; in doubt it stays as it is, and so does a request that several were in. Where nothing was handed over
-- because nothing could be, no attempt is counted: an outage of days leaves no mail dead.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.fail_email(
    claim uuid,
    email_id uuid,
    failure text,
    error text,
    retry_after interval default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_email notifier.emails;
    v_delay interval;
    v_available_at timestamptz;
begin
    if failure is null or failure not in ('transient', 'permanent', 'unknown', 'unsent') then
        raise exception using
            errcode = '22023',
            message = format(
                'failure must be transient, permanent, unknown or unsent, not %s',
                coalesce(quote_literal(failure), 'null')
            );
    end if;
    select email.* into v_email
    from notifier.emails as email
    where
        email.id = fail_email.email_id
        and email.claim_id = claim
        and email.status in ('claimed', 'sending')
        and email.carried_by is null
    for update;
    if not found then
        return null;
    end if;

    if failure = 'unknown' then
        v_email.in_doubt_at := coalesce(v_email.in_doubt_at, v_now);
    end if;
    if failure = 'unsent' then
        v_email.attempts := v_email.attempts - 1;
        v_delay := interval '0';
    elsif failure <> 'permanent' then
        v_delay := notifier.retry_delay(v_email.attempts);
    end if;
    v_email.status := (case
        when v_delay is null then 'dead'
        -- Once in doubt, always in doubt: a refusal of the repetition says nothing of the first attempt.
        when v_email.in_doubt_at is not null then 'in_doubt'
        else 'queued'
    end)::notifier.email_status;
    -- One time for all rows of the mail, so that they are claimed together again.
    v_available_at := v_now + greatest(v_delay, retry_after);
    if failure = 'unsent' and retry_after is null then
        v_available_at := v_email.available_at; -- it keeps its place
    end if;
    if v_email.status = 'in_doubt' and v_email.parcel_id is not null then
        -- The mails of one request become due together, at the latest time among them: one that was due earlier could
        -- not be claimed without the others, and would look late.
        v_available_at := coalesce(
            (
                select max(companion.available_at)
                from notifier.emails as companion
                where
                    companion.parcel_id = v_email.parcel_id
                    and companion.status = 'in_doubt'
            ),
            v_available_at
        );
    end if;
    update notifier.emails as email
    set
        status = v_email.status,
        carried_by = case when v_email.status <> 'queued' then email.carried_by end,
        parcel_id = case when v_email.status <> 'queued' then email.parcel_id end,
        attempts = v_email.attempts,
        available_at = coalesce(v_available_at, email.available_at),
        in_doubt_at = v_email.in_doubt_at,
        lease_until = null,
        last_error = notifier.redacted_error(error)
    where email.id = any(notifier.with_carried(array[v_email.id]));
    return v_email.status;
end
$$;
comment on function notifier.fail_email(uuid, uuid, text, text, interval) is
    'Records a failure (transient: refused for now, permanent: refused for good, unknown: perhaps accepted, unsent: not handed over, no attempt is counted) and returns the new status: queued, in_doubt or dead; null when the claim has lost the mail. retry_after: the least time to wait.';
revoke execute on function notifier.fail_email(uuid, uuid, text, text, interval) from public;
grant execute on function notifier.fail_email(uuid, uuid, text, text, interval) to notifier;

-- For a worker that stops, or whose mail server is out of reach: the mails keep their place in the queue. Rows are
-- locked in the order of their ids, whatever the order asked for, so that two calls at once cannot deadlock. A mail of
-- several parts falls apart into its rows, unless it is in doubt.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.release_emails(claim uuid, email_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_held uuid[];
begin
    v_held := array(
        select held.id
        from (
            select locked.*
            from notifier.emails as locked
            where locked.id = any(email_ids)
            order by locked.id
            offset 0
            for update
        ) as held
        where held.claim_id = claim and held.status = 'claimed' and held.carried_by is null
    );
    update notifier.emails as email
    set
        status = case when email.in_doubt_at is null then 'queued' else 'in_doubt' end::notifier.email_status,
        carried_by = case when email.in_doubt_at is not null then email.carried_by end,
        attempts = email.attempts - 1,
        claim_id = null,
        lease_until = null
    where email.id = any(notifier.with_carried(v_held));
    return query select unnest(v_held);
end
$$;
comment on function notifier.release_emails(uuid, uuid[]) is
    'Gives back mails of this claim of which nothing was handed over, attempt included; returns them.';
revoke execute on function notifier.release_emails(uuid, uuid[]) from public;
grant execute on function notifier.release_emails(uuid, uuid[]) to notifier;

-- The heartbeat of a worker whose batch takes longer than its lease.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.extend_claim(claim uuid, lease interval)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_held integer;
begin
    update notifier.emails as email
    set lease_until = clock_timestamp() + extend_claim.lease
    where email.id = any(
        array(
            select held.id
            from (
                select leased.*
                from notifier.emails as leased
                where
                    leased.id = any(
                        array(
                            -- In this order only emails_held_idx can serve, which holds such mails and no others.
                            select candidate.id
                            from notifier.emails as candidate
                            where
                                candidate.status in ('claimed', 'sending')
                                and candidate.carried_by is null
                                and candidate.claim_id = claim
                            order by candidate.lease_until
                        )
                    )
                order by leased.id
                offset 0
                for update
            ) as held
            where held.claim_id = claim and held.status in ('claimed', 'sending') and held.carried_by is null
        )
    );
    get diagnostics v_held = row_count;
    return v_held;
end
$$;
comment on function notifier.extend_claim(uuid, interval) is
    'Renews the lease of all mails this claim still holds, from now; returns how many these are.';
revoke execute on function notifier.extend_claim(uuid, interval) from public;
grant execute on function notifier.extend_claim(uuid, interval) to notifier;

-- Takes mails from workers that have not been heard of until their lease ended. One that was being handed over may have
-- been accepted: it goes into doubt, due at once, because whoever waits for it has waited a lease already. It keeps its
-- claim_id, so that a worker that was merely slow can still say how it ended until somebody else takes the mail.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.recover_expired_claims()
returns table (requeued integer, in_doubt integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_expired uuid[] := array(
        select expired.id
        from notifier.emails as expired
        where
            expired.status in ('claimed', 'sending')
            and expired.carried_by is null
            and expired.lease_until <= v_now
        order by expired.lease_until
        for update skip locked
    );
begin
    with recovered as (
        update notifier.emails as email
        set
            status = case
                when notifier.retry_delay(email.attempts) is null then 'dead'
                when email.status = 'sending' or email.in_doubt_at is not null then 'in_doubt'
                else 'queued'
            end::notifier.email_status,
            in_doubt_at = case email.status
                when 'sending' then coalesce(email.in_doubt_at, v_now)
                else email.in_doubt_at
            end,
            carried_by = case
                when notifier.retry_delay(email.attempts) is null
                    or email.status = 'sending'
                    or email.in_doubt_at is not null
                    then email.carried_by
            end,
            lease_until = null,
            last_error = format('the lease of worker %s ran out', email.claimed_by)
        where email.id = any(notifier.with_carried(v_expired))
        returning
            email.id,
            email.status
    )
    select
        count(*) filter (where recovered.status = 'queued'),
        count(*) filter (where recovered.status = 'in_doubt')
    into requeued, in_doubt
    from recovered
    where recovered.id = any(v_expired);
    return next;
end
$$;
comment on function notifier.recover_expired_claims() is
    'Makes mails whose lease has run out available again: claimed ones are queued, those being sent go into doubt; how many of each.';
revoke execute on function notifier.recover_expired_claims() from public;
grant execute on function notifier.recover_expired_claims() to notifier;

-- notifier.queue_emails hurries what is put off ahead of an urgent mail, but not what a claim has locked because it is
-- putting it off at that moment. Then the urgent mail waits behind it, until both are found here. A claim that puts a
-- mail off puts off what it sees behind it as well (notifier.decide_emails). So a mail that is due behind one that is
-- not was queued too late to be seen, and the same two are not found again after the next claim. The 500 oldest urgent
-- mails are looked at: those that are stuck remain the oldest, since the others are claimed. For `offset 0` see
-- notifier.lock_due_emails.
create function notifier.hurry_overtaken(as_of timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
begin
    update notifier.emails as overtaken
    set urgent = true, available_at = as_of
    where overtaken.id = any(
        array(
            select locked.id
            from notifier.emails as locked
            where
                locked.id = any(
                    array(
                        select ahead.id
                        from (
                            select due.*
                            from notifier.emails as due
                            where
                                due.status in ('queued', 'in_doubt')
                                and due.carried_by is null
                                and due.urgent
                                and due.available_at <= as_of
                            order by due.available_at, due.event_id
                            limit 500
                        ) as pressing
                        cross join lateral (
                            select earlier.*
                            from notifier.emails as earlier
                            where
                                earlier.session_id = pressing.session_id
                                and earlier.recipient_id = pressing.recipient_id
                                and earlier.topic = pressing.topic
                                and earlier.event_id < pressing.event_id
                                and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                            offset 0
                        ) as ahead
                        -- One that has failed keeps the time of its next attempt.
                        where ahead.postponed_for is not null and ahead.attempts = 0 and ahead.available_at > as_of
                    )
                )
                -- As text, so that the planner cannot use an index of all that is queued.
                and locked.status::text = 'queued'
            for no key update skip locked
        )
    );
end
$$;
comment on function notifier.hurry_overtaken(timestamptz) is
    'Has mails that were put off for quiet hours or a mail of the day go along with an urgent one that came behind them at that moment.';
revoke execute on function notifier.hurry_overtaken(timestamptz) from public;

-- == The worker's clock ==============================================================================================

-- Orders one mail per recording that was to be told of, once it can be watched. The session's row is locked first, as
-- by every writer of its events; what somebody is editing at this moment is left for the next time.
create function notifier.announce_recordings()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_session public.success_sessions;
begin
    for v_session in
        select session.*
        from public.success_sessions as session
        where session.id = any(
            array(
                select due.session_id
                from public.session_recordings as due
                where due.announce_at <= clock_timestamp()
                order by due.announce_at
                limit 1000
            )
        )
        order by session.id
        for no key update skip locked
    loop
        with
        told as (
            update public.session_recordings as recording set told_at = clock_timestamp()
            where recording.id = any(
                array(
                    select due.id
                    from public.session_recordings as due
                    where due.session_id = v_session.id and due.announce_at <= clock_timestamp()
                    for no key update skip locked
                )
            )
            returning recording.id
        )

        insert into notifier.events (session_id, recording_id, old, new)
        select
            v_session.id,
            told.id,
            notifier.session_snapshot(v_session),
            notifier.session_snapshot(v_session)
        from told;
    end loop;
end
$$;
comment on function notifier.announce_recordings() is
    'Writes an event for each published recording whose time has come and that students were to be told of.';
revoke execute on function notifier.announce_recordings() from public;

-- One event for each session that has come as near as somebody wants to be reminded, found by the index of the clock.
-- Sessions are read, not locked: who is editing one is not waited for, and whether it is still to come, at that start,
-- is asked again when mails are queued and when they are claimed. Of several workers one has each mark (skip locked).
--
-- A session that comes nearer than a mark by being created or moved has passed it without a reminder: people are being
-- told of it at that moment (notifier.reminder_refusal).
create function notifier.write_reminders(as_of timestamptz)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
    v_settings integer [] := (select settings.reminder_minutes from public.app_settings as settings);
    v_clock notifier.reminder_clock;
    v_reached timestamptz;
    v_found integer;
    v_written integer := 0;
begin
    for v_clock in
        select clock.*
        from notifier.reminder_clock as clock
        where clock.reached is not null
        order by clock.minutes
        for no key update skip locked
    loop
        v_reached := as_of + make_interval(mins => v_clock.minutes);
        -- The mark never goes back with the clock.
        continue when v_reached <= v_clock.reached;
        insert into notifier.events (session_id, old, new, reminder_minutes)
        select
            near.id,
            near.snapshot,
            near.snapshot,
            v_clock.minutes
        from (
            select
                session.id,
                notifier.session_snapshot(session) as snapshot
            from public.success_sessions as session
            where
                session.status = 'upcoming'
                -- What has begun, and is not started yet after an outage, needs none.
                and session.status_due_at > greatest(v_clock.reached, as_of)
                and session.status_due_at <= v_reached
                and session.created_at <= session.start_time - make_interval(mins => v_clock.minutes)
                and (v_clock.by_people or v_clock.minutes = any(coalesce(session.reminder_minutes, v_settings)))
            order by session.status_due_at
        ) as near;
        get diagnostics v_found = row_count;
        v_written := v_written + v_found;
        update notifier.reminder_clock as clock set reached = v_reached where clock.minutes = v_clock.minutes;
    end loop;
    return v_written;
end
$$;
comment on function notifier.write_reminders(timestamptz) is
    'Writes an event for each upcoming session and each number of minutes before its start, which somebody wants to be reminded at, that has come since the last call; how many.';
revoke execute on function notifier.write_reminders(timestamptz) from public;

-- One row for each session that a mentor held in the week before, all of one transaction, so that they go out as one
-- mail; none where there was no session. What the mail tells of a session hangs on the last event of it. Of several
-- workers one has each mentor (skip locked).
create function notifier.write_weekly_summaries(as_of timestamptz)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_due record;
    v_added integer;
    v_written integer := 0;
begin
    for v_due in
        select
            preference.user_id,
            preference.due_at,
            profile.timezone,
            -- A week by the clock is an hour longer or shorter where clocks change.
            (preference.due_at at time zone profile.timezone - interval '7 days') at time zone profile.timezone as since
        from public.notification_preferences as preference
        inner join public.profiles as profile on preference.user_id = profile.id
        where preference.due_at <= as_of
        order by preference.due_at
        limit 1000
        for no key update of preference skip locked
    loop
        insert into notifier.emails (event_id, transaction_id, session_id, recipient_id, kind)
        select
            last.event_id,
            pg_current_xact_id(),
            held.id,
            v_due.user_id,
            'weekly_summary'
        from public.success_sessions as held
        cross join lateral (
            select max(event.id) as event_id
            from notifier.events as event
            where event.session_id = held.id
        ) as last
        where
            held.host_key = v_due.user_id
            -- By its end: what is under way at that hour is of the week to come. The index is by the start, and no
            -- session is longer than a day.
            and held.end_time > v_due.since
            and held.end_time <= v_due.due_at
            and held.start_time > v_due.since - interval '24 hours'
            and held.start_time < v_due.due_at
            and held.status = 'completed'
            and last.event_id is not null
        on conflict do nothing;
        get diagnostics v_added = row_count;
        v_written := v_written + v_added;
        update public.notification_preferences as preference
        set due_at = private.next_monday(as_of, v_due.timezone)
        where preference.user_id = v_due.user_id and preference.kind = 'weekly_summary';
    end loop;
    return v_written;
end
$$;
comment on function notifier.write_weekly_summaries(timestamptz) is
    'Queues the weekly summaries that are due, a row for each session held; how many.';
revoke execute on function notifier.write_weekly_summaries(timestamptz) from public;

-- In strides of half the horizon, so that people hear of a term at once and not of one more date every week. A series
-- that cannot be extended (its mentor lost the role, say) stops no other: it waits an hour, and series_skips says why.
--
-- It waits for nobody: whoever edits a series, or gives its mentor a session at this moment, comes first.
create function notifier.extend_series()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    c_most_sessions constant integer := 200;
    c_most_series constant integer := 20;
    v_now constant timestamptz := clock_timestamp();
    v_due_before constant timestamptz := v_now + (
        select make_interval(hours => 12 * settings.series_horizon_days) from public.app_settings as settings
    );
    v_due record;
    v_series public.session_series;
    v_until timestamptz;
    v_steps private.series_step[];
    v_made integer := 0;
begin
    for v_due in
        (
            select
                series.id,
                series.calendar_uid
            from public.session_series as series
            where series.next_start <= v_due_before and series.retry_at is null
            order by series.next_start
            limit c_most_series
        )
        union all
        (
            select
                series.id,
                series.calendar_uid
            from public.session_series as series
            where series.retry_at <= v_now
            order by series.retry_at
            limit c_most_series
        )
    loop
        exit when v_made >= c_most_sessions;
        continue when not pg_try_advisory_xact_lock(hashtextextended('series/' || v_due.calendar_uid, 0));
        select series.* into v_series
        from public.session_series as series
        where
            series.id = v_due.id
            and series.next_start <= v_due_before
            and coalesce(series.retry_at, v_now) <= v_now
        for no key update skip locked;
        continue when not found;

        begin
            v_until := private.series_horizon(v_series);
            v_steps := private.take_free_steps(
                v_series.id, private.plan_new_steps(v_series, v_series.next_start, v_until), '{}', true
            );
            perform private.add_series_sessions(v_series, v_steps);
            delete from public.series_skips as skip
            where skip.series_id = v_series.id and skip.reason = 'failed';
            update public.session_series as series
            set
                next_start = (select coming.start_time from private.series_dates(v_series, v_until, null, 1) as coming),
                retry_at = null
            where series.id = v_series.id;
            v_made := v_made + cardinality(v_steps);
        exception
            when lock_not_available then
                update public.session_series as series
                set retry_at = v_now + interval '10 seconds'
                where series.id = v_series.id;
            when others then
                update public.session_series as series
                set retry_at = v_now + interval '1 hour'
                where series.id = v_series.id;
                insert into public.series_skips (series_id, series_date, reason, detail)
                values (
                    v_series.id,
                    (v_series.next_start at time zone v_series.timezone)::date,
                    'failed',
                    left(sqlerrm, 1000)
                )
                on conflict on constraint series_skips_pkey
                do update set reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at;
        end;
    end loop;
    return v_made;
end
$$;
comment on function notifier.extend_series() is
    'Makes the next sessions of series for which less than half of app_settings.series_horizon_days is made, up to the horizon; how many. Dates that clash or lie in a blackout are left out and noted in series_skips. Ends early after 200 sessions.';
revoke execute on function notifier.extend_series() from public;

-- What the clock demands. Idempotent; of several workers each session and mail is handled by one, and none waits for
-- another or for whoever is editing a session (skip locked). After an outage thousands of sessions are due at once: a
-- call starts and completes a part of them, the longest due first, so that it ends before its caller gives up and tries
-- again.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.tick()
returns table (
    started integer, completed integer, reminders integer, requeued integer, in_doubt integer, extended integer
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    c_most_sessions constant integer := 100;
    v_now timestamptz := clock_timestamp();
begin
    -- First of all: it must have no transaction id yet.
    perform private.seal_audit_log();

    -- Before this locks the row of any session: series come first in the order of locks.
    extended := notifier.extend_series();

    update public.success_sessions as session set status = 'live'
    where session.id = any(
        array(
            select due.id
            from public.success_sessions as due
            where due.status = 'upcoming' and due.status_due_at <= v_now
            order by due.status_due_at
            limit c_most_sessions
            for no key update skip locked
        )
    );
    get diagnostics started = row_count;

    -- Those that are over by now come through here in the same call.
    update public.success_sessions as session set status = 'completed'
    where session.id = any(
        array(
            select due.id
            from public.success_sessions as due
            where due.status = 'live' and due.status_due_at <= v_now
            order by due.status_due_at
            limit c_most_sessions
            for no key update skip locked
        )
    );
    get diagnostics completed = row_count;

    perform notifier.announce_recordings();
    reminders := notifier.write_reminders(v_now) + notifier.write_weekly_summaries(v_now);

    select recovered.requeued, recovered.in_doubt into requeued, in_doubt
    from notifier.recover_expired_claims() as recovered;
    perform notifier.hurry_overtaken(v_now);

    perform private.forget_presence();
    perform private.forget_participants();
    perform notifier.purge_by_clock(v_now);
    -- Last of all: it may lock the audit log, which everybody writes to, until the end of the transaction.
    perform private.keep_audit_partitions();
    return next;
end
$$;
comment on function notifier.tick() is
    'Makes the next sessions of series, starts and completes sessions by the clock, at most 100 of each, orders the mails of recordings that can be watched, writes reminders that are due, and recovers mails of lost workers; how many of each. Seals the audit log and keeps its months, and forgets old presence, names of the review queue and what the outbox has kept long enough. Call it whenever next_wake() says so.';
revoke execute on function notifier.tick() from public;
grant execute on function notifier.tick() to notifier;

-- When a worker that finds nothing to do should look again without being told. A mail that follows an unfinished one
-- does not count: it becomes due when that one is done, and whoever does that is awake.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.next_wake()
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set enable_sort = off
as $$
begin
    return least(
        (select min(event.created_at) from notifier.events as event where event.expanded_at is null),
        (
            select waiting.created_at + (
                select make_interval(secs => settings.mail_debounce_seconds) from public.app_settings as settings
            )
            from notifier.enrollment_changes as waiting
            where waiting.position is null
            order by waiting.id
            limit 1
        ),
        (
            select min(first_due.available_at)
            from (values (true), (false)) as urgency (urgent)
            cross join lateral (
                select waiting.available_at
                from notifier.emails as waiting
                where
                    waiting.status in ('queued', 'in_doubt')
                    and waiting.carried_by is null
                    and waiting.urgent = urgency.urgent
                    and not exists (
                        select from notifier.emails as earlier
                        where
                            earlier.session_id = waiting.session_id
                            and earlier.recipient_id = waiting.recipient_id
                            and earlier.topic = waiting.topic
                            and earlier.event_id < waiting.event_id
                            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                        offset 0
                    )
                order by waiting.available_at, waiting.event_id
                limit 1
            ) as first_due
        ),
        (
            select held.lease_until
            from notifier.emails as held
            where held.status in ('claimed', 'sending') and held.carried_by is null
            order by held.lease_until
            limit 1
        ),
        (
            select delivery.available_at
            from notifier.webhook_deliveries as delivery
            where delivery.status in ('queued', 'claimed')
            order by delivery.available_at
            limit 1
        ),
        (
            select session.status_due_at
            from public.success_sessions as session
            where session.status_due_at is not null
            order by session.status_due_at
            limit 1
        ),
        (
            select recording.announce_at
            from public.session_recordings as recording
            where recording.announce_at is not null
            order by recording.announce_at
            limit 1
        ),
        (
            select min(upcoming.status_due_at - make_interval(mins => clock.minutes))
            from notifier.reminder_clock as clock
            cross join lateral (
                select session.status_due_at
                from public.success_sessions as session
                where session.status_due_at > clock.reached and session.status = 'upcoming'
                order by session.status_due_at
                limit 1
            ) as upcoming
        ),
        (
            select series.next_start - (
                select make_interval(hours => 12 * settings.series_horizon_days) from public.app_settings as settings
            )
            from public.session_series as series
            where series.next_start is not null and series.retry_at is null
            order by series.next_start
            limit 1
        ),
        (
            select series.retry_at
            from public.session_series as series
            where series.retry_at is not null
            order by series.retry_at
            limit 1
        ),
        (
            select preference.due_at
            from public.notification_preferences as preference
            where preference.due_at is not null
            order by preference.due_at
            limit 1
        ),
        (
            select clock.due_at
            from notifier.purge_clock as clock
            cross join public.app_settings as settings
            where clock.reached is not null and settings.outbox_retention_months is not null
        ),
        (select gate.awake_until from notifier.gate as gate where gate.awake_until > clock_timestamp())
    );
end
$$;
comment on function notifier.next_wake() is
    'When there is something to do that nobody announces: a session starting or ending, a series to be extended, a recording becoming available, a reminder or a mail becoming due, a lease or another worker''s promise to stay awake running out, the next batch of what is being forgotten. In the past: there is work now; null: nothing.';
revoke execute on function notifier.next_wake() from public;
grant execute on function notifier.next_wake() to notifier;

-- Asked by a busy worker before it claims, and fifty times a second while it has enough, so that what is urgent, and
-- changes that may be, do not wait for the batch it has in hand. Two looks at indexes that hold next to nothing; by its
-- order, the first cannot be at that of all that is unfinished.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.has_news()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
begin
    return coalesce(
        (
            select due.available_at <= clock_timestamp()
            from notifier.emails as due
            where due.status in ('queued', 'in_doubt') and due.carried_by is null and due.urgent
            order by due.available_at
            limit 1
        ),
        false
    )
    or exists (
        select from notifier.events as event
        where event.expanded_at is null and event.through_id is null
        offset 0
    );
end
$$;
comment on function notifier.has_news() is
    'Whether an urgent mail is due, or a change waits that has not been looked at: worth a look though there is work in hand.';
revoke execute on function notifier.has_news() from public;
grant execute on function notifier.has_news() to notifier;

-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.meetings_due_at()
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select meeting.due_at
        from public.session_meetings as meeting
        where meeting.due_at is not null
        order by meeting.due_at
        limit 1
    );
end
$$;
comment on function notifier.meetings_due_at() is
    'When the edge function meetings next has something to do; in the past: now; null: nothing.';
revoke execute on function notifier.meetings_due_at() from public;
grant execute on function notifier.meetings_due_at() to notifier;

-- While this holds, commits do not notify; see notifier.gate.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.stay_awake(for_interval interval)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into notifier.gate as gate (id, awake_until)
    values (true, clock_timestamp() + for_interval)
    on conflict (id) do update
        set awake_until = excluded.awake_until
        where gate.awake_until < excluded.awake_until;
end
$$;
comment on function notifier.stay_awake(interval) is
    'Promises that some worker looks for work within this time, so that commits need not notify. The latest promise of all workers holds.';
revoke execute on function notifier.stay_awake(interval) from public;
grant execute on function notifier.stay_awake(interval) to notifier;

-- The order is: fall asleep, look once more, wait. The lock makes that airtight: a transaction that found the notifier
-- awake holds it shared until its commit is visible (notifier.wake), so that once the gate is closed here, either such
-- a transaction's event is seen by the last look or the transaction finds the notifier asleep. Whoever holds it longer
-- than a second (a prepared transaction, a person at a prompt after `set constraints all immediate`) is left to the
-- notifier's polling. Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.fall_asleep()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
begin
    begin
        perform pg_advisory_xact_lock('notifier.gate'::regclass::integer, 0);
    exception
        when lock_not_available then null;
    end;
    update notifier.gate set awake_until = '-infinity' where id;
end
$$;
comment on function notifier.fall_asleep() is
    'From here on commits notify. Look for work once more after calling it, then wait.';
revoke execute on function notifier.fall_asleep() from public;
grant execute on function notifier.fall_asleep() to notifier;

-- For people. Reads the whole record, finished mails included: about a second per million.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.queue_status()
returns table (status text, emails bigint, oldest timestamptz)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        known.status::text,
        count(email.id),
        min(email.created_at)
    from unnest(enum_range(null::notifier.email_status)) as known (status)
    left join notifier.emails as email on known.status = email.status and email.carried_by is null
    group by known.status
    order by known.status;
end
$$;
comment on function notifier.queue_status() is
    'How many mails are in each status, and when the oldest of them was queued; every status has a row. Rows that go out in one mail count as one once they do.';
revoke execute on function notifier.queue_status() from public;
grant execute on function notifier.queue_status() to notifier;

-- The address is configured once, for the notifier. It says it here, for what the database links by itself.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.set_app_url(app_url text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.app_settings as settings
    set app_url = set_app_url.app_url
    where settings.app_url is distinct from set_app_url.app_url;
end
$$;
comment on function notifier.set_app_url(text) is
    'Keeps the web application''s address, without a trailing slash, in app_settings; writes only if it is new. Errors: 22023 no http(s) address.';
revoke execute on function notifier.set_app_url(text) from public;
grant execute on function notifier.set_app_url(text) to notifier;
