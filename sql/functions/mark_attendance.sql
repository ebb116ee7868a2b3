-- Security definer: it is the API; it writes what the caller may only read.
create function public.mark_attendance(
    session_id uuid,
    student_id uuid,
    status public.attendance_status,
    note text default null
)
returns public.session_attendance
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_attendance public.session_attendance;
begin
    perform private.check_session_staff(v_session);
    -- What may be marked in advance may be taken back in advance.
    perform private.check_marking(v_session, coalesce(status = 'excused', true));
    if student_id is null or not private.takes_part(v_session, student_id) then
        raise exception using
            errcode = '22023',
            message = format('student_id %s does not take part in this session', coalesce(student_id::text, 'null')),
            hint = 'Send the student_id of a row of session_roster.';
    end if;

    if status is null and private.presence_is_forgotten(v_session) then
        raise exception using
            errcode = 'PT409',
            message = 'this session is so long ago that nobody knows any more who came',
            hint = 'Send the status that it shall be.';
    end if;

    perform private.take_presence_turn(v_session.id, student_id::text);
    -- Read again under the turn: the session may have been completed meanwhile.
    v_session := private.visible_session(session_id);
    if status is not null then
        insert into public.session_attendance as attendance
        (session_id, student_id, status, source, marked_by, note)
        values (
            v_session.id,
            mark_attendance.student_id,
            mark_attendance.status,
            'manual',
            auth.uid(),
            nullif(btrim(mark_attendance.note), '')
        )
        on conflict on constraint session_attendance_pkey do update set
            status = excluded.status,
            source = excluded.source,
            marked_by = excluded.marked_by,
            note = excluded.note,
            updated_at = clock_timestamp();
    else
        -- Back to what presence says.
        delete from public.session_attendance as attendance
        where attendance.session_id = v_session.id and attendance.student_id = mark_attendance.student_id;
        perform private.refresh_attendance(v_session, student_id);
        -- Who had no seat could not come and is not absent.
        if v_session.status = 'completed' and private.has_seat(v_session, student_id) then
            insert into public.session_attendance (session_id, student_id, status, source)
            values (
                v_session.id,
                mark_attendance.student_id,
                private.absence(v_session.id, mark_attendance.student_id),
                'join'
            )
            on conflict do nothing;
        end if;
    end if;
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where attendance.session_id = v_session.id and attendance.student_id = mark_attendance.student_id;
    return v_attendance;
end
$$;
comment on function public.mark_attendance(uuid, uuid, public.attendance_status, text) is
    'Say by hand whether a student was there, with a note; from then on nothing automatic changes it. status null takes the mark back: what presence says counts again. Host and managers, once joining is open; excused, and taken back, at any time. Audited with actor, old, new and note. Errors: PT404 unknown or not visible; 42501 for everybody else; 22023 the student does not take part, or the note is longer than 1,000 characters; PT409 cancelled, too early (the detail says until when), or, for null, so long ago that presence is deleted.';
revoke execute on function public.mark_attendance(uuid, uuid, public.attendance_status, text)
from public, anon, authenticated, service_role;
grant execute on function public.mark_attendance(uuid, uuid, public.attendance_status, text) to authenticated;
