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
