alter table public.attendance_rules enable row level security;

revoke all on public.attendance_rules from public, anon, authenticated, service_role;
grant select, delete on public.attendance_rules to authenticated;
grant insert (session_type, late_after_minutes, partial_below_percent),
update (session_type, late_after_minutes, partial_below_percent)
on public.attendance_rules to authenticated;
grant select, insert, update, delete on public.attendance_rules to service_role;

create policy attendance_rules_select_everyone on public.attendance_rules
for select to authenticated
using (true);

create policy attendance_rules_insert_admin on public.attendance_rules
for insert to authenticated
with check ((select private.is_settings_admin()));

create policy attendance_rules_update_admin on public.attendance_rules
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));

create policy attendance_rules_delete_admin on public.attendance_rules
for delete to authenticated
using ((select private.is_settings_admin()));
