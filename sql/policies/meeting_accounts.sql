alter table public.meeting_accounts enable row level security;

revoke all on public.meeting_accounts from public, anon, authenticated, service_role;
grant select, delete on public.meeting_accounts to authenticated;
grant insert (id, platform, name, max_concurrent_meetings, external_id, mentor_id),
update (name, max_concurrent_meetings, external_id, mentor_id)
on public.meeting_accounts to authenticated;
grant select, insert, update, delete on public.meeting_accounts to service_role;

create policy meeting_accounts_select_manager on public.meeting_accounts
for select to authenticated
using ((select private.is_manager()));

create policy meeting_accounts_insert_manager on public.meeting_accounts
for insert to authenticated
with check ((select private.is_manager()));

create policy meeting_accounts_update_manager on public.meeting_accounts
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy meeting_accounts_delete_superadmin on public.meeting_accounts
for delete to authenticated
using ((select private.has_role('superadmin')));
