-- Before the session goes: its row in session_meetings must still be found by it. Security definer: nobody
-- writes that table.
create function private.end_meeting_of_deleted_session()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.end_session_meeting(meeting)
    from public.session_meetings as meeting
    where meeting.session_id = old.id and meeting.is_wanted;
    return old;
end
$$;
comment on function private.end_meeting_of_deleted_session() is 'Ends the meeting that a platform made for a session that is deleted.';
revoke execute on function private.end_meeting_of_deleted_session() from public;

create trigger end_meeting_of_deleted_session before delete on public.success_sessions
for each row execute function private.end_meeting_of_deleted_session();
