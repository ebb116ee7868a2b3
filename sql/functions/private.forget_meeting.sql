create function private.forget_meeting(session_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.set_session_secret('success_sessions', forget_meeting.session_id, made.kind, null)
    from unnest(array['link', 'zoom_passcode', 'host_link']::private.session_secret[]) as made (kind);
end
$$;
comment on function private.forget_meeting(uuid) is
    'Removes from Vault what opens the meeting that a platform made for a session; the backup link stays.';
revoke execute on function private.forget_meeting(uuid) from public;
