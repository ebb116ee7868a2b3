-- What the authentication service knows of a person. The row stays, as everything refers to it; nobody can sign in with
-- it, and the notifier sends it nothing. What else the service keeps of it refers to it: identities, sessions, second
-- factors, tokens that name an address, and what a release to come may add.
create function private.erase_account(user_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kept record;
begin
    for v_kept in
        select
            reference.conrelid::regclass as table_name,
            field.attname as column_name
        from pg_catalog.pg_constraint as reference
        inner join pg_catalog.pg_class as referring on reference.conrelid = referring.oid
        inner join pg_catalog.pg_attribute as field
            on reference.conrelid = field.attrelid and reference.conkey[1] = field.attnum
        where
            reference.contype = 'f'
            and reference.confrelid = 'auth.users'::regclass
            and referring.relnamespace = 'auth'::regnamespace
        order by referring.relname
    loop
        execute format('delete from %s where %I = $1', v_kept.table_name, v_kept.column_name)
        using erase_account.user_id;
    end loop;
    update auth.users as account
    set
        email = format('%s@erased.invalid', account.id),
        phone = null,
        encrypted_password = null,
        raw_user_meta_data = '{}',
        raw_app_meta_data = '{}',
        email_change = '',
        phone_change = '',
        confirmation_token = '',
        recovery_token = '',
        email_change_token_new = '',
        email_change_token_current = '',
        phone_change_token = '',
        reauthentication_token = '',
        -- Not infinity, which the service cannot read: from then on it would list no users at all.
        banned_until = '9999-12-31 00:00:00+00',
        deleted_at = coalesce(account.deleted_at, clock_timestamp())
    where account.id = erase_account.user_id;
end
$$;
comment on function private.erase_account(uuid) is
    'Takes address, phone, name, password, tokens and sign-ins from an account of auth.users, for good.';
revoke execute on function private.erase_account(uuid) from public;
