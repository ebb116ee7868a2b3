-- What the mentor's mail after the session says, and the file that goes with it. It is made while mails are claimed, so
-- the file is put together from its lines: the aggregate public.csv would copy it for each student.
create function private.attendance_summary(session_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.attendance_counts(session_id) || (
        select
            jsonb_build_object(
                'students', coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'full_name', listed.full_name,
                            'status', listed.status,
                            'minutes_present', listed.minutes_present,
                            'joined_at', listed.joined_at
                        )
                        order by listed.number
                    ),
                    '[]'
                ),
                'csv', coalesce(
                    string_agg(
                        -- With the first line private.add_csv_line adds the names of the columns.
                        private.add_csv_line(case when listed.number > 1 then '' end, listed.line), ''
                        order by listed.number
                    ),
                    ''
                )
            )
        from (
            select
                row_number() over (order by profile.full_name, profile.id) as number,
                profile.full_name,
                attendance.status,
                attendance.minutes_present,
                attendance.joined_at,
                line
            from public.session_attendance as attendance
            inner join public.profiles as profile on attendance.student_id = profile.id
            cross join lateral (
                select
                    profile.full_name,
                    attendance.status,
                    attendance.minutes_present,
                    private.utc_text(attendance.joined_at) as joined_at
            ) as line
            where attendance.session_id = attendance_summary.session_id
        ) as listed
    );
end
$$;
comment on function private.attendance_summary(uuid) is
    'Counts per attendance status and the students of a session: {"invited", "present", "late", "partial", "absent", "excused", "students": [{"full_name", "status", "minutes_present", "joined_at"}], "csv": the students as a CSV file (RFC 4180), formulas neutralised}.';
revoke execute on function private.attendance_summary(uuid) from public;
