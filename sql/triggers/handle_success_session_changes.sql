-- One event for a change that somebody is to be told of; none for anything else: the clock moving the status to live, a
-- revision number, edits of a session that is over or called off. Costs the same for 10 students and for 100,000, and
-- refuses nothing. Security definer: writers of sessions have no business in the outbox.
create function private.handle_success_session_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Kept for mails to show; by themselves they are no change that a mail would be sent for.
    v_shown_only constant text [] := array[
        'status', 'session_type', 'cancel_reason', 'sequence', 'calendar_uid', 'series_id', 'recurrence_id',
        'link_failure_note'
    ];
    v_old jsonb := case when tg_op = 'UPDATE' then notifier.session_snapshot(old) end;
    v_new jsonb := notifier.session_snapshot(new);
    v_was_open boolean := notifier.is_open(v_old);
    v_is_open boolean := notifier.is_open(v_new);
begin
    if v_was_open <> v_is_open or (v_was_open and v_old - v_shown_only <> v_new - v_shown_only) then
        insert into notifier.events (session_id, old, new) values (new.id, v_old, v_new);
    end if;
    return null;
end
$$;
comment on function private.handle_success_session_changes() is
    'Writes one outbox event with the old and new state of a session when somebody is to be told of the change.';
revoke execute on function private.handle_success_session_changes() from public;

create trigger handle_success_session_changes
after insert or update on public.success_sessions
for each row execute function private.handle_success_session_changes();
