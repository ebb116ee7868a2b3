alter table public.audit_log enable row level security;

-- Nobody writes it but triggers and API functions.
revoke all on public.audit_log from public, anon, authenticated, service_role;
grant select on public.audit_log to authenticated, service_role;

create policy audit_log_select_manager on public.audit_log
for select to authenticated
using ((select private.is_manager()));
