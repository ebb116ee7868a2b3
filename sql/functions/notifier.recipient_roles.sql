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
