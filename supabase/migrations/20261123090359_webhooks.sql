-- Other systems that are told of changes: their addresses and what requests to them are signed with.

-- == Outgoing webhooks: endpoints ====================================================================================

create type public.webhook_secret as (
    endpoint_id uuid,
    secret text -- whsec_ and base64, as libraries for Standard Webhooks take it
);
comment on type public.webhook_secret is 'An endpoint and the secret its requests are signed with, which is shown this once.';

create type public.webhook_delivery as (
    delivery_id uuid, -- the header webhook-id
    event_type text,
    status text, -- queued, claimed, sent or dead
    attempts integer,
    created_at timestamptz,
    available_at timestamptz, -- of a waiting one: when it is tried next
    sent_at timestamptz,
    response_status integer, -- of the last answer; null without one
    last_error text
);
comment on type public.webhook_delivery is 'One request to a webhook endpoint and how it went.';

create function private.webhook_secret_name(endpoint_id uuid, is_previous boolean default false)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return format('webhook_endpoints/%s%s', endpoint_id, case when is_previous then '/previous' end);
end
$$;
comment on function private.webhook_secret_name(uuid, boolean) is
    'What the secret of an endpoint, or the one before it, is called in Vault.';
revoke execute on function private.webhook_secret_name(uuid, boolean) from public;

-- 244 random bits from a cryptographically strong source.
create function private.new_webhook_secret()
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return 'whsec_' || encode(
        decode(replace(concat(gen_random_uuid(), gen_random_uuid()), '-', ''), 'hex'), 'base64'
    );
end
$$;
comment on function private.new_webhook_secret() is 'A new secret to sign webhooks with: whsec_ and 32 bytes in base64.';
revoke execute on function private.new_webhook_secret() from public;

-- Security definer: it is the API; Vault is closed to users.
create function public.create_webhook_endpoint(url text, event_types text[], description text default null)
returns public.webhook_secret
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_created public.webhook_secret;
begin
    if not private.is_settings_admin() then
        raise exception using
            errcode = '42501',
            message = 'only admins may create webhook endpoints',
            hint = 'Ask an admin.';
    end if;
    if url is null or event_types is null then
        raise exception using
            errcode = '22023',
            message = format('%s must not be null', case when url is null then 'url' else 'event_types' end),
            hint = 'Send where to, such as https://hooks.example.com/x, and of what, such as ["session.changed"].';
    end if;
    insert into public.webhook_endpoints (url, event_types, description)
    values (
        create_webhook_endpoint.url, create_webhook_endpoint.event_types, create_webhook_endpoint.description
    )
    returning id into v_created.endpoint_id;
    v_created.secret := private.new_webhook_secret();
    perform vault.create_secret(
        v_created.secret, private.webhook_secret_name(v_created.endpoint_id), 'Signs webhooks of Live Sessions'
    );
    return v_created;
end
$$;
comment on function public.create_webhook_endpoint(text, text[], text) is
    'Tell another system of changes: answers the new endpoint and the secret that its requests are signed with (Standard Webhooks), shown this once. For admins. Errors: 22023 url, event_types or description; 42501.';
revoke execute on function public.create_webhook_endpoint(text, text[], text)
from public, anon, authenticated, service_role;
grant execute on function public.create_webhook_endpoint(text, text[], text) to authenticated;

-- The old secret goes on signing beside the new one for a day, so that receivers change theirs when it suits them.
-- Security definer: it is the API; Vault is closed to users.
create function public.rotate_webhook_secret(endpoint_id uuid)
returns public.webhook_secret
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rotated public.webhook_secret;
    v_current record;
begin
    if not private.is_settings_admin() then
        raise exception using
            errcode = '42501', message = 'only admins may change webhook endpoints', hint = 'Ask an admin.';
    end if;
    update public.webhook_endpoints as endpoint
    set previous_secret_until = clock_timestamp() + interval '24 hours'
    where endpoint.id = rotate_webhook_secret.endpoint_id
    returning endpoint.id into v_rotated.endpoint_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('endpoint_id %s is unknown', coalesce(endpoint_id::text, 'null')),
            hint = 'webhook_endpoints lists them.';
    end if;
    select secret.id, secret.decrypted_secret into v_current
    from vault.decrypted_secrets as secret
    where secret.name = private.webhook_secret_name(v_rotated.endpoint_id);
    delete from vault.secrets as secret
    where secret.name = private.webhook_secret_name(v_rotated.endpoint_id, true);
    v_rotated.secret := private.new_webhook_secret();
    if v_current.id is null then
        -- Forgotten, because Vault could not decrypt it after a restore: docs/operations.md.
        perform vault.create_secret(
            v_rotated.secret,
            private.webhook_secret_name(v_rotated.endpoint_id),
            'Signs webhooks of Live Sessions'
        );
        return v_rotated;
    end if;
    perform vault.create_secret(
        v_current.decrypted_secret,
        private.webhook_secret_name(v_rotated.endpoint_id, true),
        'Signed webhooks of Live Sessions until it was rotated'
    );
    perform vault.update_secret(v_current.id, v_rotated.secret);
    return v_rotated;
end
$$;
comment on function public.rotate_webhook_secret(uuid) is
    'Sign the requests of an endpoint with a new secret, which is answered this once; for 24 hours they carry a signature by the old one too. For admins. Errors: 42501; PT404 unknown endpoint.';
revoke execute on function public.rotate_webhook_secret(uuid) from public, anon, authenticated, service_role;
grant execute on function public.rotate_webhook_secret(uuid) to authenticated;

-- Vault knows no foreign keys: a deleted endpoint takes its secrets with it here. Security definer: Vault is closed to
-- the admin who deletes.
create function private.forget_webhook_secret()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from vault.secrets as secret
    where secret.name in (private.webhook_secret_name(old.id), private.webhook_secret_name(old.id, true));
    return null;
end
$$;
comment on function private.forget_webhook_secret() is 'Removes the secrets of a deleted webhook endpoint from Vault.';
revoke execute on function private.forget_webhook_secret() from public;

create trigger forget_webhook_secret after delete on public.webhook_endpoints
for each row execute function private.forget_webhook_secret();
