-- Staff choose among all batches; students know those of their active enrollments only.
-- Security definer: it is called by the policy on batches and reads enrollments past their own policy.
create function private.my_batch_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if private.is_manager() or private.has_role('mentor') then
        return array(select batch.id from public.batches as batch);
    end if;
    return array(
        select enrollment.batch_id
        from public.course_enrollments as enrollment
        where enrollment.student_id = auth.uid() and enrollment.status = 'active' and enrollment.batch_id is not null
    );
end
$$;
comment on function private.my_batch_ids() is
    'The batches the caller may see: all for mentors and managers, those of active enrollments for students.';
revoke execute on function private.my_batch_ids() from public;
grant execute on function private.my_batch_ids() to authenticated;
