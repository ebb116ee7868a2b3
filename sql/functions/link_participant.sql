-- Security definer: it is the API; it writes what the caller may not touch.
create function public.link_participant(participant_id uuid, student_id uuid)
returns public.session_attendance
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_participant private.unmatched_participants := private.lock_participant(participant_id);
    v_attendance public.session_attendance;
begin
    if student_id is null then
        perform private.decide_participant(v_participant, 'waiting', null, 'link_participant');
        return null;
    end if;
    if not coalesce(
        (
            select private.takes_part(session, link_participant.student_id)
            from public.success_sessions as session
            where session.id = v_participant.session_id
        ),
        false
    ) then
        raise exception using
            errcode = '22023',
            message = format('student_id %s does not take part in this session', student_id),
            hint = 'Send the student_id of a row of session_roster.';
    end if;
    perform private.decide_participant(v_participant, 'linked', student_id, 'link_participant');
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where
        attendance.session_id = v_participant.session_id
        and attendance.student_id = link_participant.student_id;
    return v_attendance;
end
$$;
comment on function public.link_participant(uuid, uuid) is
    'Say which student a participant of the review queue was; the attendance follows and is answered. Another student_id corrects it, null puts the participant back into the queue. Audited. Host and managers. Errors: PT404 unknown or not visible; 22023 the student does not take part in the session.';
revoke execute on function public.link_participant(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.link_participant(uuid, uuid) to authenticated;
