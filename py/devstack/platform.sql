-- The platform that migrations find on Supabase, rebuilt on a plain Postgres 15 to 18: roles, auth, Vault, storage,
-- extensions, default privileges. Nothing here is deployed; it exists so that what passes locally passes there.
--
-- Run it as a superuser in every database that is to look like a Supabase project, with psycopg or psql:
--
--     psql "$SUPERUSER_URL" -v ON_ERROR_STOP=1 -1 -f py/devstack/platform.sql
--
-- Repeating it changes nothing. One thing can be chosen by a setting made before it runs (`set …`, or PGOPTIONS):
-- platform.default_privileges. With `legacy`, the default, what `postgres` creates in `public` is granted to the API
-- roles, as in projects before 2026-10-30. With `explicit` it is not, as in projects since then.
--
-- Where this is stricter than Supabase, code that passes here passes there: `postgres` is not in `pg_read_all_data`.
-- Where it is laxer it says so (search for "laxer").


-- == Cluster: roles ==================================================================================================
-- Roles belong to the whole cluster, so several test processes may arrive here at once. The lock makes them take turns;
-- an advisory lock would not, since it holds within one database only.

do $cluster$
declare
    v_has_auto_membership constant boolean := current_setting('server_version_num')::integer >= 160000;
    v_postgres_is_superuser boolean;
    v_role record;
    v_member text;
begin
    lock table pg_catalog.pg_authid in share row exclusive mode;

    -- On a server whose own superuser is called postgres, that role stays what it is: the bootstrap superuser cannot
    -- be demoted. The missing privileges are then not tested there, everything else is.
    v_postgres_is_superuser := coalesce((select rolsuper from pg_catalog.pg_roles where rolname = 'postgres'), false);

    for v_role in
        select *
        from (values
            ('anon', 'nologin inherit'),
            ('authenticated', 'nologin inherit'),
            ('service_role', 'nologin inherit bypassrls'),
            ('authenticator', 'login noinherit password ''authenticator'''),
            ('supabase_auth_admin', 'login noinherit password ''supabase_auth_admin'''),
            ('supabase_storage_admin', 'login noinherit password ''supabase_storage_admin'''),
            ('postgres', 'login nosuperuser createdb createrole replication bypassrls password ''postgres''')
        ) as wanted (name, attributes)
        where wanted.name <> 'postgres' or not v_postgres_is_superuser
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role.name) then
            execute format('create role %I', v_role.name);
        end if;
        execute format('alter role %I %s', v_role.name, v_role.attributes);
    end loop;

    alter role anon set statement_timeout = '3s';
    alter role authenticated set statement_timeout = '8s';
    alter role authenticator set statement_timeout = '8s';
    alter role authenticator set lock_timeout = '8s';
    alter role supabase_auth_admin set search_path = 'auth';
    alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
    alter role supabase_storage_admin set search_path = 'storage';
    if not v_postgres_is_superuser then
        alter role postgres set search_path = '$user', 'public', 'extensions';
    end if;

    grant anon, authenticated, service_role to authenticator;
    grant authenticator to supabase_storage_admin;

    if not v_postgres_is_superuser then
        foreach v_member in array array['anon', 'authenticated', 'service_role'] loop
            -- Since Postgres 16 CREATEROLE alone no longer suffices to grant a role on, so Supabase adds the option.
            execute format(
                'grant %I to postgres %s', v_member, case when v_has_auto_membership then 'with admin option' else '' end
            );
        end loop;
        if v_has_auto_membership then
            grant authenticator to postgres with admin option;
        end if;
        grant pg_monitor, pg_signal_backend to postgres;
        -- Laxer: on Supabase an extension lets postgres manage policies and triggers on the storage tables although it
        -- owns none of them. Membership in their owner is the nearest thing plain Postgres has.
        grant supabase_storage_admin to postgres;
    end if;
end
$cluster$;


-- == Database ========================================================================================================

do $database$
begin
    -- The owner of the database is the owner of schema public (pg_database_owner) and may create trusted extensions.
    execute format('alter database %I owner to postgres', current_database());
    execute format('grant all on database %I to postgres', current_database());
    execute format('grant create on database %I to supabase_auth_admin', current_database());
end
$database$;

grant usage on schema public to postgres, anon, authenticated, service_role;


-- -- Extensions ------------------------------------------------------------------------------------------------------

create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres;

create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pgcrypto with schema extensions;
grant all on all routines in schema extensions to postgres;


-- -- Default privileges ----------------------------------------------------------------------------------------------
-- The explicit regime takes back exactly what Supabase takes back. TRUNCATE, REFERENCES, TRIGGER and MAINTAIN stay
-- granted there too, which is one more reason for migrations to revoke everything before they grant by name.

do $default_privileges$
declare
    v_regime constant text := coalesce(nullif(current_setting('platform.default_privileges', true), ''), 'legacy');
begin
    if v_regime not in ('legacy', 'explicit') then
        raise exception 'platform.default_privileges is %, expected legacy or explicit', v_regime;
    end if;

    alter default privileges for role postgres in schema public
        grant all on tables to postgres, anon, authenticated, service_role;
    alter default privileges for role postgres in schema public
        grant all on functions to postgres, anon, authenticated, service_role;
    alter default privileges for role postgres in schema public
        grant all on sequences to postgres, anon, authenticated, service_role;

    if v_regime = 'explicit' then
        alter default privileges for role postgres in schema public
            revoke select, insert, update, delete on tables from anon, authenticated, service_role;
        alter default privileges for role postgres in schema public
            revoke usage, select on sequences from anon, authenticated, service_role;
        alter default privileges for role postgres in schema public
            revoke execute on functions from anon, authenticated, service_role;
    end if;
end
$default_privileges$;


-- -- Auth ------------------------------------------------------------------------------------------------------------
-- The tables that Supabase Auth keeps, with its columns, its constraints and its owner.

create schema if not exists auth;
grant usage on schema auth to anon, authenticated, service_role, postgres;
grant all on schema auth to supabase_auth_admin;

create table if not exists auth.users (
    instance_id uuid,
    id uuid not null,
    aud varchar(255),
    role varchar(255),
    email varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_token varchar(255),
    confirmation_sent_at timestamptz,
    recovery_token varchar(255),
    recovery_sent_at timestamptz,
    email_change_token_new varchar(255),
    email_change varchar(255),
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz,
    updated_at timestamptz,
    phone text default null,
    phone_confirmed_at timestamptz,
    phone_change text default '',
    phone_change_token varchar(255) default '',
    phone_change_sent_at timestamptz,
    confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    email_change_token_current varchar(255) default '',
    email_change_confirm_status smallint default 0,
    banned_until timestamptz,
    reauthentication_token varchar(255) default '',
    reauthentication_sent_at timestamptz,
    is_sso_user boolean not null default false,
    deleted_at timestamptz,
    is_anonymous boolean not null default false,
    constraint users_pkey primary key (id),
    constraint users_phone_key unique (phone),
    constraint users_email_change_confirm_status_check check (email_change_confirm_status between 0 and 2)
);
comment on table auth.users is 'Auth: Stores user login data within a secure schema.';
create unique index if not exists users_email_partial_key on auth.users (email) where is_sso_user = false;
create index if not exists users_instance_id_email_idx on auth.users (instance_id, lower(email));

create table if not exists auth.identities (
    provider_id text not null,
    user_id uuid not null,
    identity_data jsonb not null,
    provider text not null,
    last_sign_in_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    email text generated always as (lower(identity_data ->> 'email')) stored,
    id uuid not null default gen_random_uuid(),
    constraint identities_pkey primary key (id),
    constraint identities_provider_id_provider_unique unique (provider_id, provider),
    constraint identities_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);
comment on table auth.identities is 'Auth: Stores identities associated to a user.';
create index if not exists identities_user_id_idx on auth.identities (user_id);

create table if not exists auth.sessions (
    id uuid not null,
    user_id uuid not null,
    created_at timestamptz,
    updated_at timestamptz,
    not_after timestamptz,
    refreshed_at timestamp,
    user_agent text,
    ip inet,
    constraint sessions_pkey primary key (id),
    constraint sessions_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);
comment on table auth.sessions is 'Auth: Stores session data associated to a user.';
create index if not exists sessions_user_id_idx on auth.sessions (user_id);

create table if not exists auth.refresh_tokens (
    instance_id uuid,
    id bigserial,
    token varchar(255),
    user_id varchar(255),
    revoked boolean,
    created_at timestamptz,
    updated_at timestamptz,
    parent varchar(255),
    session_id uuid,
    constraint refresh_tokens_pkey primary key (id),
    constraint refresh_tokens_token_unique unique (token),
    constraint refresh_tokens_session_id_fkey foreign key (session_id) references auth.sessions (id) on delete cascade
);
comment on table auth.refresh_tokens is 'Auth: Store of tokens used to refresh JWT tokens once they expire.';
create index if not exists refresh_tokens_session_id_revoked_idx on auth.refresh_tokens (session_id, revoked);

-- PostgREST sets `request.jwt.claims`; before version 9 it set one `request.jwt.claim.<name>` each. Both are read.
create or replace function auth.jwt() returns jsonb
language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

create or replace function auth.uid() returns uuid
language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;
comment on function auth.uid() is 'Deprecated. Use auth.jwt() -> ''sub'' instead.';

create or replace function auth.role() returns text
language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
$$;
comment on function auth.role() is 'Deprecated. Use auth.jwt() -> ''role'' instead.';

create or replace function auth.email() returns text
language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )
$$;
comment on function auth.email() is 'Deprecated. Use auth.jwt() -> ''email'' instead.';

do $ownership$
declare
    v_name text;
begin
    foreach v_name in array array['users', 'identities', 'sessions', 'refresh_tokens'] loop
        execute format('alter table auth.%I owner to supabase_auth_admin', v_name);
        execute format('alter table auth.%I enable row level security', v_name);
        execute format('grant all on auth.%I to postgres', v_name);
        execute format('grant select on auth.%I to postgres with grant option', v_name);
    end loop;
    grant all on sequence auth.refresh_tokens_id_seq to postgres;
    foreach v_name in array array['jwt', 'uid', 'role', 'email'] loop
        execute format('alter function auth.%I() owner to supabase_auth_admin', v_name);
        execute format('grant all on function auth.%I() to postgres', v_name);
    end loop;
end
$ownership$;


-- -- Vault -----------------------------------------------------------------------------------------------------------
-- The interface of supabase_vault 0.3: same table, view, functions, signatures and grants. That extension encrypts with
-- libsodium and a key outside the database; here pgcrypto does, with a key in a table that only superusers can read.

create schema if not exists vault;
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;

create table if not exists vault.stub_root_key (
    only_row boolean primary key default true check (only_row),
    key bytea not null
);
comment on table vault.stub_root_key is 'Stands in for the root key that Supabase keeps outside the database.';
revoke all on vault.stub_root_key from public;
insert into vault.stub_root_key (key) values (extensions.gen_random_bytes(32)) on conflict do nothing;

create table if not exists vault.secrets (
    id uuid primary key default gen_random_uuid(),
    name text,
    description text not null default '',
    secret text not null,
    key_id uuid,
    nonce bytea default extensions.gen_random_bytes(16),
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp
);
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';
create unique index if not exists secrets_name_idx on vault.secrets (name) where name is not null;

-- The key of one secret depends on the row's id and nonce, so that a ciphertext moved to another row does not open.
create or replace function vault.stub_row_key(additional bytea, nonce bytea) returns text
language sql stable set search_path = ''
as $$
    select encode(extensions.hmac(additional || nonce, k.key, 'sha256'), 'hex') from vault.stub_root_key as k
$$;

create or replace function vault._crypto_aead_det_encrypt(
    message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language sql stable security definer set search_path = ''
as $$
    select extensions.pgp_sym_encrypt_bytea(message, vault.stub_row_key(additional, nonce), 'cipher-algo=aes256, s2k-mode=1')
$$;

create or replace function vault._crypto_aead_det_decrypt(
    message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language sql stable security definer set search_path = ''
as $$
    select extensions.pgp_sym_decrypt_bytea(message, vault.stub_row_key(additional, nonce))
$$;

create or replace view vault.decrypted_secrets as
select
    s.id,
    s.name,
    s.description,
    s.secret,
    convert_from(
        vault._crypto_aead_det_decrypt(
            message := decode(s.secret, 'base64'),
            additional := convert_to(s.id::text, 'utf8'),
            key_id := 0,
            context := 'pgsodium'::bytea,
            nonce := s.nonce
        ),
        'utf8'
    ) as decrypted_secret,
    s.key_id,
    s.nonce,
    s.created_at,
    s.updated_at
from vault.secrets as s;

create or replace function vault.create_secret(
    new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    v_id constant uuid := gen_random_uuid();
    v_nonce constant bytea := extensions.gen_random_bytes(16);
begin
    insert into vault.secrets (id, secret, name, description, nonce)
    values (
        v_id,
        encode(
            vault._crypto_aead_det_encrypt(
                message := convert_to(new_secret, 'utf8'),
                additional := convert_to(v_id::text, 'utf8'),
                key_id := 0,
                nonce := v_nonce
            ),
            'base64'
        ),
        new_name,
        new_description,
        v_nonce
    );
    return v_id;
end
$$;

create or replace function vault.update_secret(
    secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
    new_key_id uuid default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    update vault.secrets as s
    set
        secret = coalesce(
            encode(
                vault._crypto_aead_det_encrypt(
                    message := convert_to(new_secret, 'utf8'),
                    additional := convert_to(s.id::text, 'utf8'),
                    key_id := 0,
                    nonce := s.nonce
                ),
                'base64'
            ),
            s.secret
        ),
        name = coalesce(new_name, s.name),
        description = coalesce(new_description, s.description),
        updated_at = now()
    where s.id = secret_id;
end
$$;

revoke all on all functions in schema vault from public;
grant select, delete on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt
    to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt to service_role;


-- -- Storage ---------------------------------------------------------------------------------------------------------
-- The two tables that policies are written on, and the path helpers that policies call. No files are stored.

create schema if not exists storage;
grant usage on schema storage to anon, authenticated, service_role;
grant usage on schema storage to postgres with grant option;
grant all on schema storage to supabase_storage_admin;

create table if not exists storage.buckets (
    id text primary key,
    name text not null,
    owner uuid,
    owner_id text,
    public boolean default false,
    avif_autodetection boolean default false,
    file_size_limit bigint,
    allowed_mime_types text[],
    created_at timestamptz default now(),
    updated_at timestamptz default now()
);
create unique index if not exists bname on storage.buckets (name);

create table if not exists storage.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text,
    name text,
    owner uuid,
    owner_id text,
    metadata jsonb,
    user_metadata jsonb,
    version text,
    path_tokens text[] generated always as (string_to_array(name, '/')) stored,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    last_accessed_at timestamptz default now(),
    constraint "objects_bucketId_fkey" foreign key (bucket_id) references storage.buckets (id)
);
create unique index if not exists bucketid_objname on storage.objects (bucket_id, name);

create or replace function storage.foldername(name text) returns text[]
language sql immutable
as $$
    select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1]
$$;

create or replace function storage.filename(name text) returns text
language sql immutable
as $$
    select (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)]
$$;

create or replace function storage.extension(name text) returns text
language sql immutable
as $$
    select reverse(split_part(reverse(storage.filename(name)), '.', 1))
$$;

do $ownership$
declare
    v_name text;
begin
    foreach v_name in array array['buckets', 'objects'] loop
        execute format('alter table storage.%I owner to supabase_storage_admin', v_name);
        execute format('alter table storage.%I enable row level security', v_name);
        execute format('grant all on storage.%I to anon, authenticated, service_role', v_name);
        execute format('grant all on storage.%I to postgres with grant option', v_name);
    end loop;
    foreach v_name in array array['foldername', 'filename', 'extension'] loop
        execute format('alter function storage.%I(text) owner to supabase_storage_admin', v_name);
    end loop;
end
$ownership$;
