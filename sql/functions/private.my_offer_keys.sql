-- Computed afresh in every statement, so that an offer disappears with the enrollment.
-- Security definer: it is called by policies and reads enrollments past their own policy.
create function private.my_offer_keys()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select distinct key.id
        from public.course_enrollments as enrollment
        cross join lateral (
            values
            (private.offer_key('everybody', null, null)),
            (private.offer_key('course', enrollment.course_id, null)),
            (private.audience_key(enrollment.course_id, enrollment.batch_id))
        ) as key (id)
        where enrollment.student_id = auth.uid() and enrollment.status = 'active'
    );
end
$$;
comment on function private.my_offer_keys() is
    'The keys of the booking offers made to the caller''s active enrollments; empty for nobody.';
revoke execute on function private.my_offer_keys() from public;
grant execute on function private.my_offer_keys() to authenticated;
