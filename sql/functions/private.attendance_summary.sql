-- What the mentor's mail after the session says, and the file that goes with it.
create function private.attendance_summary(session_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            jsonb_build_object(
                'invited', count(*),
                'present', count(*) filter (where attendance.status = 'present'),
                'late', count(*) filter (where attendance.status = 'late'),
                'partial', count(*) filter (where attendance.status = 'partial'),
                'absent', count(*) filter (where attendance.status = 'absent'),
                'excused', count(*) filter (where attendance.status = 'excused'),
                'students', coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'full_name', profile.full_name,
                            'status', attendance.status,
                            'minutes_present', attendance.minutes_present,
                            'joined_at', attendance.joined_at
                        )
                        order by profile.full_name, profile.id
                    ),
                    '[]'
                ),
                'csv', (
                    select public.csv(line)
                    from (
                        select
                            student.full_name,
                            listed.status,
                            listed.minutes_present,
                            private.utc_text(listed.joined_at) as joined_at
                        from public.session_attendance as listed
                        inner join public.profiles as student on listed.student_id = student.id
                        where listed.session_id = attendance_summary.session_id
                        order by student.full_name, student.id
                    ) as line
                )
            )
        from public.session_attendance as attendance
        inner join public.profiles as profile on attendance.student_id = profile.id
        where attendance.session_id = attendance_summary.session_id
    );
end
$$;
comment on function private.attendance_summary(uuid) is
    'Counts per attendance status and the students of a session: {"invited", "present", "late", "partial", "absent", "excused", "students": [{"full_name", "status", "minutes_present", "joined_at"}], "csv": the students as a CSV file (RFC 4180), formulas neutralised}.';
revoke execute on function private.attendance_summary(uuid) from public;
