-- Moves the write-only parts into Vault before the row is stored. Null leaves a secret as it is (a form saves back what
-- it read), the empty string removes it; a link that changes takes its secret part with it. Security definer: Vault is
-- closed to the writer.
create function private.store_session_credentials()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_link text := new.link;
    v_backup_link text := new.backup_link;
begin
    -- An upsert: the row exists, so this insert comes back as an update, which stores them, or changes nothing. Storing
    -- now would let whoever knows a session's id overwrite its secrets.
    if tg_op = 'INSERT' and (
        case tg_table_name
            when 'success_sessions' then exists (
                select from public.success_sessions as session where session.id = new.id
            )
            else exists (select from public.session_series as series where series.id = new.id)
        end
    ) then
        return new;
    end if;

    if new.zoom_passcode is not null then
        if private.set_session_secret(tg_table_name, new.id, 'zoom_passcode', new.zoom_passcode) then
            new.credentials_updated_at := clock_timestamp();
        end if;
        new.zoom_passcode := null;
    end if;

    new.link := private.without_link_secret(v_link);
    if new.link is distinct from v_link then
        if private.set_session_secret(tg_table_name, new.id, 'link', v_link) then
            new.credentials_updated_at := clock_timestamp();
        end if;
    elsif tg_op = 'UPDATE' and new.link is distinct from old.link then
        perform private.set_session_secret(tg_table_name, new.id, 'link', null);
    end if;

    new.backup_link := private.without_link_secret(v_backup_link);
    if new.backup_link is distinct from v_backup_link then
        if private.set_session_secret(tg_table_name, new.id, 'backup_link', v_backup_link) then
            new.backup_credentials_updated_at := clock_timestamp();
        end if;
    elsif tg_op = 'UPDATE' and new.backup_link is distinct from old.backup_link then
        perform private.set_session_secret(tg_table_name, new.id, 'backup_link', null);
    end if;

    if new.platform_data ? 'host_link' then
        -- Checked here, as no constraint gets to see it: frontends make a link of it as they do of the others.
        perform private.rule(
            private.is_web_address(nullif(new.platform_data ->> 'host_link', '')),
            format('%s_host_link_is_http', tg_table_name),
            'host_link must be an http(s) address without spaces',
            'Send the host''s start link, such as https://zoom.us/s/123456789.'
        );
        perform private.set_session_secret(tg_table_name, new.id, 'host_link', new.platform_data ->> 'host_link');
        new.platform_data := new.platform_data - 'host_link';
    end if;
    return new;
end
$$;
comment on function private.store_session_credentials() is
    'Moves zoom_passcode, the pwd= of links and platform_data.host_link into Vault and leaves the row without them.';
revoke execute on function private.store_session_credentials() from public;

create trigger success_sessions_4_credentials
before insert or update of zoom_passcode, link, backup_link, platform_data on public.success_sessions
for each row execute function private.store_session_credentials();
