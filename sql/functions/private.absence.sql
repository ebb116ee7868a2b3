create function private.absence(session_id uuid, student_id uuid)
returns public.attendance_status
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when exists (
            select from public.session_excuses as excuse
            where
                excuse.session_id = absence.session_id
                and excuse.student_id = absence.student_id
                and excuse.status = 'approved'
        ) then 'excused'::public.attendance_status
        else 'absent'
    end;
end
$$;
comment on function private.absence(uuid, uuid) is
    'What somebody is who did not come: excused, if the host has approved it, else absent.';
revoke execute on function private.absence(uuid, uuid) from public;
