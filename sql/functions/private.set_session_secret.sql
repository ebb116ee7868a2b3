-- One Vault secret per row and kind, found by its name, which begins with the row's table: ids of sessions are chosen
-- by their writers, and the id of a series is no secret. The answer keeps a form that sends a known secret once more
-- from looking like a change that everybody is to be told of.
create function private.set_session_secret(table_name text, row_id uuid, kind private.session_secret, value text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Triggers send tg_table_name, whose collation is C: the index on names could not be searched by that.
    v_name text collate "default" := format('%s/%s/%s', table_name, row_id, kind);
    v_id uuid;
    v_current text;
begin
    -- What a recording's address may have, the longest of them.
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
