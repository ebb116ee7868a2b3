create function private.course_attendance(
    course_id uuid,
    student_id uuid,
    out attended integer,
    out sessions integer,
    out percent integer
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
begin
    select
        count(*) filter (where attendance.status in ('present', 'late', 'partial')),
        count(*)
    into attended, sessions
    from public.session_attendance as attendance
    inner join public.success_sessions as session on attendance.session_id = session.id
    where
        attendance.student_id = course_attendance.student_id
        and attendance.status <> 'excused'
        and session.course_id = course_attendance.course_id
        and session.status = 'completed';
    percent := attended * 100 / nullif(sessions, 0);
end
$$;
comment on function private.course_attendance(uuid, uuid) is
    'Of how many sessions of a course that are over a student attended how many, excused absences left out, and the share in percent, rounded down; null of none.';
revoke execute on function private.course_attendance(uuid, uuid) from public;
