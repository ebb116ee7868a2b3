-- One Vault secret per row and kind, found by its name. The name begins with the table, because writers may choose the
-- id of a session: with the id of a series they would reach the series' secret. The answer says whether the secret
-- changed, so that a form that sends the same one again is no change that everybody is told of.
create function private.set_session_secret(table_name text, row_id uuid, kind private.session_secret, value text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- tg_table_name, which triggers pass, has the collation C. The index on the names of secrets has the default one,
    -- and could not be searched by a name in C.
    v_name text collate "default" := format('%s/%s/%s', table_name, row_id, kind);
    v_id uuid;
    v_current text;
begin
    -- The longest of them is a recording's address.
    if char_length(value) > 4000 then
        raise exception using
            errcode = '22023',
            message = format('%s must be at most 4,000 characters', kind),
            hint = 'Send what the platform issued.';
    end if;
    select secret.id, secret.decrypted_secret into v_id, v_current
    from vault.decrypted_secrets as secret
    where secret.name = v_name;
    if coalesce(value, '') = '' then
        delete from vault.secrets as secret where secret.id = v_id;
        return v_id is not null;
    end if;
    if v_id is null then
        perform vault.create_secret(value, v_name, 'Write-only part of a live session');
        return true;
    end if;
    if v_current is not distinct from value then
        return false;
    end if;
    perform vault.update_secret(v_id, value);
    return true;
end
$$;
comment on function private.set_session_secret(text, uuid, private.session_secret, text) is
    'Stores a write-only part of a row of success_sessions, session_series or session_recordings in Vault; null or empty removes it. Returns whether that changed anything. Refuses with 22023 what is longer than 4,000 characters.';
revoke execute on function private.set_session_secret(text, uuid, private.session_secret, text) from public;
