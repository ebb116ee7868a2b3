-- What the authentication service knows of a person. The row stays, as everything refers to it; nobody can sign in with
-- it, and the notifier sends it nothing.
create function private.erase_account(user_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from auth.identities as identity where identity.user_id = erase_account.user_id;
    delete from auth.sessions as session where session.user_id = erase_account.user_id;
    update auth.users as account
    set
        email = format('%s@erased.invalid', account.id),
        phone = null,
        encrypted_password = null,
        raw_user_meta_data = '{}',
        email_change = '',
        phone_change = '',
        banned_until = 'infinity',
        deleted_at = coalesce(account.deleted_at, clock_timestamp())
    where account.id = erase_account.user_id;
end
$$;
comment on function private.erase_account(uuid) is
    'Takes address, phone, name, password and sign-ins from an account of auth.users, for good.';
revoke execute on function private.erase_account(uuid) from public;
