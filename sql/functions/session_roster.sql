-- Security definer: it is the API; it shows the host names, which profiles shows to managers only.
create function public.session_roster(session_id uuid)
returns setof public.roster_entry
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
begin
    perform private.check_session_staff(v_session);
    return query
    with
    listed as materialized (
        select
            part.user_id,
            bool_or(part.is_learner) as is_learner
        from (
            select
                learner.user_id,
                true as is_learner
            from private.session_learners(v_session) as learner
            union all
            select
                attendance.student_id,
                false
            from public.session_attendance as attendance
            where attendance.session_id = v_session.id
        ) as part
        group by part.user_id
    ),

    course_session as materialized (
        select held.id
        from public.success_sessions as held
        where held.course_id = v_session.course_id and held.status = 'completed'
    ),

    -- Look-ups: for joins the planner might read everybody's attendance. Which of it is of the course is asked of a
    -- list of the course's sessions, hashed once, since students are in other courses, too; in the list of columns it
    -- is no join, for which the planner might search the list row by row.
    rate as (
        select
            listed.user_id as student_id,
            count(*) filter (where record.status in ('present', 'late', 'partial'))::numeric / count(*) as attended
        from listed
        cross join lateral (
            select
                own.status,
                own.session_id in (select course_session.id from course_session) as is_of_course
            from public.session_attendance as own
            where own.student_id = listed.user_id and own.status <> 'excused'
            offset 0
        ) as record
        where record.is_of_course
        group by listed.user_id
    )

    select
        listed.user_id,
        (select profile.full_name from public.profiles as profile where profile.id = listed.user_id) as full_name,
        listed.is_learner,
        registration.status,
        attendance.status,
        attendance.joined_at,
        attendance.left_at,
        attendance.minutes_present,
        attendance.source,
        attendance.note,
        excuse.status,
        excuse.reason,
        round(rate.attended, 3)
    from listed
    left join rate on listed.user_id = rate.student_id
    left join public.session_registrations as registration
        on registration.session_id = v_session.id and listed.user_id = registration.student_id
    left join public.session_attendance as attendance
        on attendance.session_id = v_session.id and listed.user_id = attendance.student_id
    left join public.session_excuses as excuse
        on excuse.session_id = v_session.id and listed.user_id = excuse.student_id
    order by full_name, listed.user_id;
end
$$;
comment on function public.session_roster(uuid) is
    'The attendee list of a session, by name: everybody who takes part or was there, with registration, attendance, minutes, wish to be excused, and the share of the course''s sessions so far that they attended. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else.';
revoke execute on function public.session_roster(uuid) from public, anon, authenticated, service_role;
grant execute on function public.session_roster(uuid) to authenticated;
