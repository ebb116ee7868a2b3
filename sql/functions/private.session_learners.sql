-- Everybody whose attendance counts: the active enrollments of the audience and the explicit participants, without the
-- host. A mentor who has lost the role hosts nothing any more and is a learner like any other.
create function private.session_learners(session public.success_sessions)
returns table (user_id uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_host_id uuid := (
        select held.user_id
        from public.user_roles as held
        where held.user_id = session.mentor_id and held.role = 'mentor'
    );
begin
    return query
    select enrollment.student_id
    from public.course_enrollments as enrollment
    where
        enrollment.course_id = session.course_id
        and enrollment.batch_id = session.batch_id
        and enrollment.status = 'active'
        and enrollment.student_id is distinct from v_host_id
    union
    select enrollment.student_id
    from public.course_enrollments as enrollment
    where
        session.batch_id is null
        and enrollment.course_id = session.course_id
        and enrollment.batch_id is null
        and enrollment.status = 'active'
        and enrollment.student_id is distinct from v_host_id
    union
    select participant.user_id
    from public.session_participants as participant
    where participant.session_id = session.id and participant.user_id is distinct from v_host_id;
end
$$;
comment on function private.session_learners(public.success_sessions) is
    'Ids of those who take part: active enrollments of the audience and explicit participants, without the host.';
revoke execute on function private.session_learners(public.success_sessions) from public;
