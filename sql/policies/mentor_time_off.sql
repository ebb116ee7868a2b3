alter table public.mentor_time_off enable row level security;

revoke all on public.mentor_time_off from public, anon, authenticated, service_role;
grant select, delete on public.mentor_time_off to authenticated;
grant insert (id, mentor_id, start_time, end_time, reason), update (start_time, end_time, reason)
on public.mentor_time_off to authenticated;
grant select, insert, update, delete on public.mentor_time_off to service_role;

create policy mentor_time_off_select_own_or_manager on public.mentor_time_off
for select to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_time_off_insert_own_or_manager on public.mentor_time_off
for insert to authenticated
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_time_off_update_own_or_manager on public.mentor_time_off
for update to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()))
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_time_off_delete_own_or_manager on public.mentor_time_off
for delete to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));
