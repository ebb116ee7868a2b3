-- Runs before the triggers that look up the ids that were sent: their messages would tell a mentor which users are
-- mentors and which courses exist. Writers without a user are the system and may change all three.
--
-- One change by a mentor passes. When an edit of their series gives the rule a day again that it had lost, the date
-- that was called off comes back with the mentor, course and batch that the series has now
-- (private.add_series_sessions). It is known by series_date, which then stops being null: users cannot write that
-- column, and a mentor cannot change mentor, course and batch of a series.
--
-- Security definer: functions of the API write as their owner, and it asks for the caller's roles by auth.uid().
create function private.check_assignment_rights()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if (new.mentor_id, new.course_id, new.batch_id) is distinct from (old.mentor_id, old.course_id, old.batch_id)
        and auth.uid() is not null
        and not private.is_manager()
        and not (old.series_date is null and new.series_date is not null)
    then
        raise exception using
            errcode = '42501',
            message = 'mentor_id, course_id and batch_id of an existing session can be changed by managers only',
            hint = 'Ask a manager to reassign the session, or cancel it and create another.';
    end if;
    return new;
end
$$;
comment on function private.check_assignment_rights() is
    'Refuses with 42501 that a user who is no manager gives an existing session another mentor, course or batch, before other triggers look at them.';
revoke execute on function private.check_assignment_rights() from public;

create trigger success_sessions_0_assignment
before update of mentor_id, course_id, batch_id on public.success_sessions
for each row execute function private.check_assignment_rights();
