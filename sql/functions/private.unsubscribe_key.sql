-- Made when it is first used, so that a database restored without Vault's key makes another. Two at once: the name is
-- unique, and the second takes the first one's.
create function private.unsubscribe_key()
returns bytea
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    c_name constant text := 'notifier/unsubscribe_key';
    v_key text;
begin
    select secret.decrypted_secret into v_key from vault.decrypted_secrets as secret where secret.name = c_name;
    if v_key is null then
        begin
            -- Of two uuids that nobody can guess, 244 random bits.
            v_key := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
            perform vault.create_secret(v_key, c_name, 'Signs the unsubscribe links of mails');
        exception
            when unique_violation then
                select secret.decrypted_secret into v_key
                from vault.decrypted_secrets as secret
                where secret.name = c_name;
        end;
    end if;
    return decode(v_key, 'hex');
end
$$;
comment on function private.unsubscribe_key() is
    'The key, in Vault as notifier/unsubscribe_key, that unsubscribe links are signed with; made when it is first used.';
revoke execute on function private.unsubscribe_key() from public;
