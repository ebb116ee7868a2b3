create function private.attendance_counts(session_id uuid)
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
                'excused', count(*) filter (where attendance.status = 'excused')
            )
        from public.session_attendance as attendance
        where attendance.session_id = attendance_counts.session_id
    );
end
$$;
comment on function private.attendance_counts(uuid) is
    'Counts per attendance status of a session: {"invited", "present", "late", "partial", "absent", "excused"}.';
revoke execute on function private.attendance_counts(uuid) from public;
