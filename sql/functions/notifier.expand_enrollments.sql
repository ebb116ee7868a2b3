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
