-- Called once a session is over, outside the write that ended it: it costs as much as there are students. Where
-- registration was required, those with a seat were expected; who had none could not come and is not absent.
create function private.finalize_attendance(session_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = finalize_attendance.session_id and session.status = 'completed';
    if not found then
        return;
    end if;
    perform private.take_presence_turn(v_session.id);
    perform private.refresh_attendance(v_session);
    insert into public.session_attendance (session_id, student_id, status, source)
    select
        v_session.id,
        learner.user_id,
        private.absence(v_session.id, learner.user_id),
        'join'
    from private.session_learners(v_session) as learner
    where private.has_seat(v_session, learner.user_id)
    order by learner.user_id
    on conflict do nothing;
end
$$;
comment on function private.finalize_attendance(uuid) is
    'Final attendance of a completed session: open presence ends with the session, partial is decided, the missing (of those registered, where registration was required) are absent, or excused where the host has approved it. Repeatable; nothing for other sessions.';
revoke execute on function private.finalize_attendance(uuid) from public;
