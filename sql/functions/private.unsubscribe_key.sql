-- Made when it is first used, and again where it is gone, because a copy was restored without Vault's key or somebody
-- deleted it. A claim that comes while another is making it does without: claims wait for nobody.
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
    if v_key is null and pg_try_advisory_xact_lock(hashtext(c_name)) then
        -- Anew, now that the lock is held: whoever had it may have made the key.
        select secret.decrypted_secret into v_key from vault.decrypted_secrets as secret where secret.name = c_name;
        if v_key is null then
            -- Of two uuids that nobody can guess, 244 random bits.
            v_key := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
            delete from vault.secrets as unreadable where unreadable.name = c_name;
            perform vault.create_secret(v_key, c_name, 'Signs the unsubscribe links of mails');
        end if;
    end if;
    return decode(v_key, 'hex');
end
$$;
comment on function private.unsubscribe_key() is
    'The key, in Vault as notifier/unsubscribe_key, that unsubscribe links are signed with; null while another transaction is making it.';
revoke execute on function private.unsubscribe_key() from public;
