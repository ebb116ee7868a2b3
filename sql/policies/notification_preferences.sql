alter table public.notification_preferences enable row level security;

revoke all on public.notification_preferences from public, anon, authenticated, service_role;
grant select, delete on public.notification_preferences to authenticated;
-- user_id, kind: an upsert (PostgREST's resolution=merge-duplicates) sets every column it was sent, the key included.
grant
insert (user_id, kind, enabled, reminder_minutes, quiet_from, quiet_until, digest_at),
update (user_id, kind, enabled, reminder_minutes, quiet_from, quiet_until, digest_at)
on public.notification_preferences to authenticated;
grant select, insert, update, delete on public.notification_preferences to service_role;

create policy notification_preferences_select_own on public.notification_preferences
for select to authenticated
using (user_id = (select auth.uid()));

create policy notification_preferences_insert_own on public.notification_preferences
for insert to authenticated
with check (user_id = (select auth.uid()));

create policy notification_preferences_update_own on public.notification_preferences
for update to authenticated
using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

create policy notification_preferences_delete_own on public.notification_preferences
for delete to authenticated
using (user_id = (select auth.uid()));
