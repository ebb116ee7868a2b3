-- Security definer: it is the API; it writes what the caller may only read.
create function public.import_attendance(session_id uuid, rows jsonb, all_or_nothing boolean default false)
returns setof public.attendance_import_row
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_rows constant integer := 5000;
    v_session public.success_sessions := private.visible_session(session_id);
    v_report public.attendance_import_row[];
    v_notes text [];
begin
    perform private.check_session_staff(v_session);
    perform private.check_marking(v_session, false);
    if jsonb_typeof(rows) is distinct from 'array' or jsonb_array_length(rows) > v_max_rows then
        raise exception using
            errcode = '22023',
            message = format('rows must be an array of at most %s rows', v_max_rows),
            hint = 'Send [{"email": "…", "status": "present", "note": "…"}, …], or student_id instead of email.';
    end if;

    perform private.take_presence_turn(v_session.id);
    select
        array_agg(
            row(found.number, found.problem is null, found.student_id, found.status, found.problem)
            ::public.attendance_import_row
            order by found.number
        ),
        array_agg(found.note order by found.number)
    into v_report, v_notes
    from private.read_attendance_rows(v_session, rows) as found;

    if all_or_nothing is true and exists (select from unnest(v_report) as line where not line.is_accepted) then
        return query
        select
            line.number,
            false,
            line.student_id,
            line.status,
            coalesce(line.problem, 'not written, because other rows are wrong')
        from unnest(v_report) as line
        order by line.number;
        return;
    end if;

    insert into public.session_attendance as attendance (session_id, student_id, status, source, marked_by, note)
    select
        v_session.id,
        line.student_id,
        line.status,
        'import',
        auth.uid(),
        v_notes[line.number]
    from unnest(v_report) as line
    where line.is_accepted
    order by line.student_id
    on conflict on constraint session_attendance_pkey do update set
        status = excluded.status,
        source = excluded.source,
        marked_by = excluded.marked_by,
        note = excluded.note,
        updated_at = clock_timestamp();
    return query select * from unnest(v_report);
end
$$;
comment on function public.import_attendance(uuid, jsonb, boolean) is
    'Marks many by hand: rows is an array of at most 5,000 {"student_id" or "email", "status", "note"}. Answers a line per row: whether it was written, and what is wrong with it; all_or_nothing: none is written unless all are right. Outranks automatic values as mark_attendance does, and is audited alike. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else; 22023 rows is no such array; PT409 cancelled, or too early.';
revoke execute on function public.import_attendance(uuid, jsonb, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.import_attendance(uuid, jsonb, boolean) to authenticated;
