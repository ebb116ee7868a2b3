-- The only reader of these secrets; its callers decide who may see the answer and write the audit log.
create function private.get_session_secret(table_name text, row_id uuid, kind private.session_secret)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select secret.decrypted_secret
        from vault.decrypted_secrets as secret
        where secret.name = format('%s/%s/%s', table_name, row_id, kind)
    );
end
$$;
comment on function private.get_session_secret(text, uuid, private.session_secret) is
    'A write-only part of a row of success_sessions, session_series or session_recordings from Vault; null where none is stored.';
revoke execute on function private.get_session_secret(text, uuid, private.session_secret) from public;
