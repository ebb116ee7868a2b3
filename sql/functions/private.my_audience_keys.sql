-- Computed afresh in every statement, so that access ends with the enrollment.
-- Security definer: it is called by policies and reads enrollments past their own policy.
-- plpgsql rather than sql, here and in its neighbours: a pooled connection keeps the plan.
create function private.my_audience_keys()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select private.audience_key(enrollment.course_id, enrollment.batch_id)
        from public.course_enrollments as enrollment
        where enrollment.student_id = auth.uid() and enrollment.status = 'active'
    );
end
$$;
comment on function private.my_audience_keys() is 'The audiences of the caller''s active enrollments; empty for nobody.';
revoke execute on function private.my_audience_keys() from public;
grant execute on function private.my_audience_keys() to authenticated;
