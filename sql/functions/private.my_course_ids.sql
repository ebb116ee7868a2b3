-- Staff choose among all courses; students know those of their active enrollments only.
-- Security definer: it is called by the policy on courses and reads enrollments past their own policy.
create function private.my_course_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if private.is_manager() or private.has_role('mentor') then
        return array(select course.id from public.courses as course);
    end if;
    return array(
        select enrollment.course_id
        from public.course_enrollments as enrollment
        where enrollment.student_id = auth.uid() and enrollment.status = 'active'
    );
end
$$;
comment on function private.my_course_ids() is
    'The courses the caller may see: all for mentors and managers, those of active enrollments for students.';
revoke execute on function private.my_course_ids() from public;
grant execute on function private.my_course_ids() to authenticated;
