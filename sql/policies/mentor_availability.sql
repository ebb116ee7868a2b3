alter table public.mentor_availability enable row level security;

revoke all on public.mentor_availability from public, anon, authenticated, service_role;
grant select, delete on public.mentor_availability to authenticated;
grant insert (id, mentor_id, weekday, start_time, end_time, timezone), update (weekday, start_time, end_time, timezone)
on public.mentor_availability to authenticated;
grant select, insert, update, delete on public.mentor_availability to service_role;

create policy mentor_availability_select_own_or_manager on public.mentor_availability
for select to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_availability_insert_own_or_manager on public.mentor_availability
for insert to authenticated
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_availability_update_own_or_manager on public.mentor_availability
for update to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()))
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy mentor_availability_delete_own_or_manager on public.mentor_availability
for delete to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));
