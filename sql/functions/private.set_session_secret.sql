-- One Vault secret per session and kind, found by its name.
create function private.set_session_secret(session_id uuid, kind private.session_secret, value text)
returns void
language plpgsql
set search_path = ''
as $$
declare
    v_name text := format('success_sessions/%s/%s', session_id, kind);
    v_id uuid;
begin
    if coalesce(value, '') = '' then
        delete from vault.secrets as secret where secret.name = v_name;
        return;
    end if;
    select secret.id into v_id from vault.secrets as secret where secret.name = v_name;
    if found then
        perform vault.update_secret(v_id, value);
    else
        perform vault.create_secret(value, v_name, 'Write-only part of a live session');
    end if;
end
$$;
comment on function private.set_session_secret(uuid, private.session_secret, text) is
    'Stores a write-only part of a session in Vault; null or empty removes it.';
revoke execute on function private.set_session_secret(uuid, private.session_secret, text) from public;
