-- Security definer: it is the API; it writes what the caller may only read.
create function public.decide_excuse(session_id uuid, student_id uuid, approve boolean, note text default null)
returns public.session_excuses
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_excuse public.session_excuses;
begin
    perform private.check_session_staff(v_session);
    if approve is null then
        raise exception using
            errcode = '22023',
            message = 'approve must be true or false',
            hint = 'Send true to excuse the student, false to decline.';
    end if;
    select excuse.* into v_excuse
    from public.session_excuses as excuse
    where excuse.session_id = v_session.id and excuse.student_id = decide_excuse.student_id
    for no key update;
    if not found or v_excuse.status = 'withdrawn' then
        raise exception using
            errcode = 'PT409',
            message = 'this student does not ask to be excused',
            hint = 'Use mark_attendance to excuse somebody unasked.';
    end if;
    update public.session_excuses as excuse
    set
        status = (case when approve then 'approved' else 'declined' end)::public.excuse_status,
        decided_by = auth.uid(),
        decided_at = clock_timestamp(),
        decision_note = nullif(btrim(decide_excuse.note), ''),
        updated_at = clock_timestamp()
    where excuse.session_id = v_session.id and excuse.student_id = v_excuse.student_id
    returning excuse.* into v_excuse;

    -- If the session is over, the attendance follows the decision.
    perform private.take_presence_turn(v_session.id, v_excuse.student_id::text);
    update public.session_attendance as attendance
    set
        status = (case when approve then 'excused' else 'absent' end)::public.attendance_status,
        updated_at = clock_timestamp()
    where
        attendance.session_id = v_session.id
        and attendance.student_id = v_excuse.student_id
        and attendance.source not in ('manual', 'import')
        and attendance.joined_at is null;
    return v_excuse;
end
$$;
comment on function public.decide_excuse(uuid, uuid, boolean, text) is
    'Excuse a student who asks for it, or decline, with a note for them; may be decided again. Whoever is excused and comes all the same is present. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else; 22023 approve is missing, the note is too long; PT409 the student does not ask.';
revoke execute on function public.decide_excuse(uuid, uuid, boolean, text)
from public, anon, authenticated, service_role;
grant execute on function public.decide_excuse(uuid, uuid, boolean, text) to authenticated;
