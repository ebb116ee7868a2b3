alter table public.meeting_platforms enable row level security;

revoke all on public.meeting_platforms from public, anon, authenticated, service_role;
grant select, delete on public.meeting_platforms to authenticated;
grant insert (
    id, name, is_active, max_concurrent_meetings, daily_changes_per_account, has_personal_links, platform_data_schema
), update (
    name, is_active, max_concurrent_meetings, daily_changes_per_account, has_personal_links, platform_data_schema
) on public.meeting_platforms to authenticated;
grant select, insert, update, delete on public.meeting_platforms to service_role;

create policy meeting_platforms_select_everyone on public.meeting_platforms
for select to authenticated
using (true);

create policy meeting_platforms_insert_admin on public.meeting_platforms
for insert to authenticated
with check ((select private.is_settings_admin()));

create policy meeting_platforms_update_admin on public.meeting_platforms
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));

create policy meeting_platforms_delete_superadmin on public.meeting_platforms
for delete to authenticated
using ((select private.has_role('superadmin')));
