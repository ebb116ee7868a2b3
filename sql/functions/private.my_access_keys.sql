-- The keys the caller holds now; a session whose access_keys share one is visible. Computed afresh in every statement, so that access
-- ends with the enrollment, the invitation, the assignment or the role.
-- Security definer: it reads enrollments, participants and roles, which are under row-level security themselves.
-- plpgsql rather than sql: a pooled connection keeps its plan.
create function private.my_access_keys()
returns uuid []
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_user uuid := auth.uid();
begin
    return array(
        select private.audience_access_key(enrollment.course_id, enrollment.batch_id)
        from public.course_enrollments as enrollment
        where enrollment.student_id = v_user and enrollment.status = 'active'
        union all
        select participant.session_id
        from public.session_participants as participant
        where participant.user_id = v_user
        union all
        select distinct
            case when held.role = 'mentor' then v_user else private.manager_access_key() end
        from public.user_roles as held
        where held.user_id = v_user and held.role <> 'student'
    );
end
$$;
comment on function private.my_access_keys() is
    'The access keys of the calling user: active audiences, invitations, the user as mentor, the managers'' key; empty for nobody.';
revoke execute on function private.my_access_keys() from public;
grant execute on function private.my_access_keys() to authenticated;
