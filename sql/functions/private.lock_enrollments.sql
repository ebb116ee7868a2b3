-- The requests of one student take turns by these rows, and whoever ends one of the enrollments waits, or is seen here.
create function private.lock_enrollments(student_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from public.course_enrollments as enrollment
    where enrollment.student_id = lock_enrollments.student_id and enrollment.status = 'active'
    order by enrollment.id
    for no key update;
exception when deadlock_detected then
    -- A statement that changes several of them locks them in whatever order it meets them.
    perform private.refuse_simultaneous_writers();
end
$$;
comment on function private.lock_enrollments(uuid) is
    'Locks the active enrollments of a student until the end of the transaction; comes before locks on sessions. PT409 when two writers would wait for each other forever.';
revoke execute on function private.lock_enrollments(uuid) from public;
