-- An upsert names the key in its update, too, so that managers may write it; but nobody may change it: whoever goes
-- from one course to another leaves the first, with its sessions, seats and mails.
create function private.keep_enrollment_key()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '22023',
        message = 'student_id and course_id of an enrollment never change',
        hint = 'Set its status to withdrawn, and add another enrollment.';
end
$$;
comment on function private.keep_enrollment_key() is
    'Refuses with 22023 that an enrollment is given another student or course.';
revoke execute on function private.keep_enrollment_key() from public;

create trigger course_enrollments_0_key
before update of student_id, course_id on public.course_enrollments
for each row
when ((old.student_id, old.course_id) is distinct from (new.student_id, new.course_id))
execute function private.keep_enrollment_key();
