-- One statement, one insert, however many rows it changed: an import of 10,000 enrollments is not 10,000 inserts. What
-- is write-only has left the rows before (success_sessions_4_credentials), so it cannot get here.
-- Security definer: whoever changes a row may not write the log that says so.
create function private.audit_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys constant text [] := string_to_array(tg_argv[0], ',');
begin
    case tg_op
        when 'INSERT' then
            insert into public.audit_log (action, table_name, row_key, session_id, user_id, reason, old, new)
            select 'insert', tg_table_name, entry.*
            from new_rows as written
            cross join lateral private.audit_entry(tg_table_name, v_keys, null, to_jsonb(written)) as entry;
        when 'DELETE' then
            insert into public.audit_log (action, table_name, row_key, session_id, user_id, reason, old, new)
            select 'delete', tg_table_name, entry.*
            from old_rows as removed
            cross join lateral private.audit_entry(tg_table_name, v_keys, to_jsonb(removed), null) as entry;
        else
            -- Paired by primary key; a row whose key changed counts as one gone and one new.
            insert into public.audit_log (action, table_name, row_key, session_id, user_id, reason, old, new)
            select
                case
                    when removed.fields is null then 'insert'
                    when written.fields is null then 'delete'
                    else 'update'
                end,
                tg_table_name,
                entry.*
            from (
                select to_jsonb(was) as fields, private.audit_key(to_jsonb(was), v_keys) as key from old_rows as was
            ) as removed
            full join (
                select to_jsonb(became) as fields, private.audit_key(to_jsonb(became), v_keys) as key
                from new_rows as became
            ) as written on removed.key = written.key
            cross join lateral private.audit_entry(tg_table_name, v_keys, removed.fields, written.fields) as entry;
    end case;
    return null;
end
$$;
comment on function private.audit_changes() is
    'Records what a statement changed, row by row and field by field; the argument names the columns of the primary key.';
revoke execute on function private.audit_changes() from public;

create trigger audit_insert after insert on public.success_sessions
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.success_sessions
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.success_sessions
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.session_series
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.session_series
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.session_series
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.session_participants
referencing new table as new_rows
for each statement execute function private.audit_changes('session_id,user_id');
create trigger audit_update after update on public.session_participants
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_id,user_id');
create trigger audit_delete after delete on public.session_participants
referencing old table as old_rows
for each statement execute function private.audit_changes('session_id,user_id');

create trigger audit_insert after insert on public.session_attendance
referencing new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_update after update on public.session_attendance
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_delete after delete on public.session_attendance
referencing old table as old_rows
for each statement execute function private.audit_changes('session_id,student_id');

create trigger audit_insert after insert on public.session_excuses
referencing new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_update after update on public.session_excuses
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_id,student_id');
create trigger audit_delete after delete on public.session_excuses
referencing old table as old_rows
for each statement execute function private.audit_changes('session_id,student_id');

create trigger audit_insert after insert on public.session_recordings
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.session_recordings
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.session_recordings
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.user_roles
referencing new table as new_rows
for each statement execute function private.audit_changes('user_id,role');
create trigger audit_update after update on public.user_roles
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('user_id,role');
create trigger audit_delete after delete on public.user_roles
referencing old table as old_rows
for each statement execute function private.audit_changes('user_id,role');

create trigger audit_insert after insert on public.app_settings
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.app_settings
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.app_settings
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.course_enrollments
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.course_enrollments
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.course_enrollments
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.meeting_platforms
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.meeting_platforms
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.meeting_platforms
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.meeting_accounts
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.meeting_accounts
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.meeting_accounts
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.webhook_endpoints
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.webhook_endpoints
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.webhook_endpoints
referencing old table as old_rows
for each statement execute function private.audit_changes('id');

create trigger audit_insert after insert on public.attendance_rules
referencing new table as new_rows
for each statement execute function private.audit_changes('session_type');
create trigger audit_update after update on public.attendance_rules
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('session_type');
create trigger audit_delete after delete on public.attendance_rules
referencing old table as old_rows
for each statement execute function private.audit_changes('session_type');

create trigger audit_insert after insert on public.blackout_dates
referencing new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_update after update on public.blackout_dates
referencing old table as old_rows new table as new_rows
for each statement execute function private.audit_changes('id');
create trigger audit_delete after delete on public.blackout_dates
referencing old table as old_rows
for each statement execute function private.audit_changes('id');
