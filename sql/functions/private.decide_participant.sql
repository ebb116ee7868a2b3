-- Writes a decision, works out anew whose attendance it changes, and says so in the audit log, without name or address.
create function private.decide_participant(
    participant private.unmatched_participants,
    status private.review_status,
    student_id uuid,
    action text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_student_id uuid;
begin
    if (participant.status, participant.student_id) is not distinct from (status, student_id) then
        return;
    end if;
    update private.unmatched_participants as decided
    set
        status = decide_participant.status,
        student_id = decide_participant.student_id,
        decided_by = case when decide_participant.status <> 'waiting' then auth.uid() end,
        decided_at = case when decide_participant.status <> 'waiting' then clock_timestamp() end
    where decided.id = participant.id;

    insert into public.audit_log (action, table_name, row_key, session_id, user_id, old, new)
    values (
        decide_participant.action,
        'unmatched_participants',
        jsonb_build_object('id', participant.id),
        participant.session_id,
        coalesce(decide_participant.student_id, participant.student_id),
        jsonb_strip_nulls(jsonb_build_object('status', participant.status, 'student_id', participant.student_id)),
        jsonb_strip_nulls(jsonb_build_object('status', status, 'student_id', student_id))
    );

    select session.* into v_session
    from public.success_sessions as session
    where session.id = participant.session_id;
    foreach v_student_id in array array_remove(array[participant.student_id, student_id], null) loop
        perform private.refresh_attendance(v_session, v_student_id);
    end loop;
end
$$;
comment on function private.decide_participant(private.unmatched_participants, private.review_status, uuid, text) is
    'Decides about a participant, whom the caller has locked; the attendance of the students concerned follows.';
revoke execute on function private.decide_participant(
    private.unmatched_participants, private.review_status, uuid, text
) from public;
