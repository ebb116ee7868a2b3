alter table public.webhook_endpoints enable row level security;

-- Inserted by create_webhook_endpoint alone, which makes the secret.
revoke all on public.webhook_endpoints from public, anon, authenticated, service_role;
grant select, update (url, description, event_types, is_active), delete on public.webhook_endpoints to authenticated;

create policy webhook_endpoints_select_admin on public.webhook_endpoints
for select to authenticated
using ((select private.is_settings_admin()));

create policy webhook_endpoints_update_admin on public.webhook_endpoints
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));

create policy webhook_endpoints_delete_admin on public.webhook_endpoints
for delete to authenticated
using ((select private.is_settings_admin()));
