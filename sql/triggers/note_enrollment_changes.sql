-- One row per enrollment that gives or takes access to sessions, in one statement: 100,000 enrollments at once cost the
-- writer one insert. Which sessions that concerns is the notifier's to find out. Security definer: writers of
-- enrollments have no business in the outbox.
create function private.note_enrollment_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Each trigger below has those of the two transition tables that its verb has.
    if tg_op = 'INSERT' then
        insert into notifier.enrollment_changes (
            student_id, course_id, was_active, new_batch_id, is_active, wakes
        )
        select
            came.student_id,
            came.course_id,
            false,
            came.batch_id,
            true,
            row_number() over () = 1
        from came
        where came.status = 'active';
    elsif tg_op = 'DELETE' then
        insert into notifier.enrollment_changes (
            student_id, course_id, old_batch_id, was_active, is_active, wakes
        )
        select
            went.student_id,
            went.course_id,
            went.batch_id,
            true,
            false,
            row_number() over () = 1
        from went
        where went.status = 'active';
    else
        insert into notifier.enrollment_changes (
            student_id, course_id, old_batch_id, was_active, new_batch_id, is_active, wakes
        )
        select
            pair.student_id,
            pair.course_id,
            pair.old_batch_id,
            pair.was_active,
            pair.new_batch_id,
            pair.is_active,
            row_number() over () = 1
        from (
            -- A full join, and `offset 0` to keep it one: private.keep_session_statistics says why.
            select
                went.student_id,
                went.course_id,
                went.batch_id as old_batch_id,
                went.status = 'active' as was_active,
                came.batch_id as new_batch_id,
                came.status = 'active' as is_active
            from went
            full join came
                on went.id = came.id and went.student_id = came.student_id and went.course_id = came.course_id
            offset 0
        ) as pair
        where
            -- Of rows that are in both tables.
            pair.was_active is not null
            and pair.is_active is not null
            and (pair.was_active or pair.is_active)
            and (pair.was_active, pair.old_batch_id) is distinct from (pair.is_active, pair.new_batch_id);
    end if;
    return null;
end
$$;
comment on function private.note_enrollment_changes() is
    'Notes for the notifier which enrollments a statement made active, ended or moved to another batch.';
revoke execute on function private.note_enrollment_changes() from public;

create trigger note_enrollments_added
after insert on public.course_enrollments
referencing new table as came
for each statement execute function private.note_enrollment_changes();

create trigger note_enrollments_changed
after update on public.course_enrollments
referencing old table as went new table as came
for each statement execute function private.note_enrollment_changes();

create trigger note_enrollments_removed
after delete on public.course_enrollments
referencing old table as went
for each statement execute function private.note_enrollment_changes();
