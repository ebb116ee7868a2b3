alter table public.user_roles enable row level security;

revoke all on public.user_roles from public, anon, authenticated, service_role;
grant select, delete on public.user_roles to authenticated;
grant insert (user_id, role) on public.user_roles to authenticated;
grant select, insert, update, delete on public.user_roles to service_role;

create policy user_roles_select_own_or_manager on public.user_roles
for select to authenticated
using (user_id between (select private.my_rows_from()) and (select private.my_rows_to()));

create policy user_roles_insert_superadmin on public.user_roles
for insert to authenticated
with check ((select private.has_role('superadmin')));

create policy user_roles_delete_superadmin on public.user_roles
for delete to authenticated
using ((select private.has_role('superadmin')));
