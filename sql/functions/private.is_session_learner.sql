-- Whether this user takes part as a learner; the single-row twin of private.session_learners, so that joining does not
-- list a cohort. A mentor who has lost the role hosts nothing any more and is a learner like any other.
create function private.is_session_learner(session public.success_sessions, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if session.mentor_id = is_session_learner.user_id
        and exists (
            select from public.user_roles as held
            where held.user_id = is_session_learner.user_id and held.role = 'mentor'
        )
    then
        return false;
    end if;
    return exists (
        select from public.course_enrollments as enrollment
        where
            enrollment.student_id = is_session_learner.user_id
            and enrollment.course_id = session.course_id
            and enrollment.batch_id is not distinct from session.batch_id
            and enrollment.status = 'active'
    )
    or exists (
        select from public.session_participants as participant
        where participant.session_id = session.id and participant.user_id = is_session_learner.user_id
    );
end
$$;
comment on function private.is_session_learner(public.success_sessions, uuid) is
    'Whether the user takes part: an active enrollment in the audience or an explicit invitation, and is not the host.';
revoke execute on function private.is_session_learner(public.success_sessions, uuid) from public;
