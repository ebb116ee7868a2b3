-- As forget_session_credentials. Security definer: Vault is closed to whoever deletes.
create function private.forget_recording_url()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.set_session_secret('session_recordings', old.id, 'recording_url', null);
    return null;
end
$$;
comment on function private.forget_recording_url() is 'Removes the address of a deleted recording from Vault.';
revoke execute on function private.forget_recording_url() from public;

create trigger forget_recording_url after delete on public.session_recordings
for each row execute function private.forget_recording_url();
