-- Everybody whose attendance counts: the active enrollments of the audience and the explicit participants, without the mentor.
create function private.session_learners(session public.success_sessions)
returns table (user_id uuid)
language plpgsql
stable
set search_path = ''
as $$
begin
    return query
    select enrollment.student_id
    from public.course_enrollments as enrollment
    where
        enrollment.course_id = session.course_id
        and enrollment.batch_id = session.batch_id
        and enrollment.status = 'active'
        and enrollment.student_id is distinct from session.mentor_id
    union
    select enrollment.student_id
    from public.course_enrollments as enrollment
    where
        session.batch_id is null
        and enrollment.course_id = session.course_id
        and enrollment.batch_id is null
        and enrollment.status = 'active'
        and enrollment.student_id is distinct from session.mentor_id
    union
    select participant.user_id
    from public.session_participants as participant
    where participant.session_id = session.id and participant.user_id is distinct from session.mentor_id;
end
$$;
comment on function private.session_learners(public.success_sessions) is
    'Ids of those who take part: active enrollments of the audience and explicit participants, without the mentor.';
revoke execute on function private.session_learners(public.success_sessions) from public;
