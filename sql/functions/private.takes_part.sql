-- Whoever was there keeps the attendance, though the enrollment has ended since.
create function private.takes_part(session public.success_sessions, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.is_session_learner(session, user_id)
    or exists (
        select from private.presence_events as event
        where event.session_id = session.id and event.user_id = takes_part.user_id
    )
    or exists (
        select from public.session_attendance as attendance
        where attendance.session_id = session.id and attendance.student_id = takes_part.user_id
    );
end
$$;
comment on function private.takes_part(public.success_sessions, uuid) is
    'Whether presence of this user in this session counts: a learner, or somebody who was one when they came.';
revoke execute on function private.takes_part(public.success_sessions, uuid) from public;
