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
