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
