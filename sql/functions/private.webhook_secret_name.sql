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
