alter table public.blackout_dates enable row level security;

revoke all on public.blackout_dates from public, anon, authenticated, service_role;
grant select, delete on public.blackout_dates to authenticated;
grant insert (id, course_id, name, first_date, last_date), update (course_id, name, first_date, last_date)
on public.blackout_dates to authenticated;
grant select, insert, update, delete on public.blackout_dates to service_role;

create policy blackout_dates_select_member_or_staff on public.blackout_dates
for select to authenticated
using (course_id is null or course_id = any((select private.my_course_ids())::uuid[]));

create policy blackout_dates_insert_manager on public.blackout_dates
for insert to authenticated
with check ((select private.is_manager()));

create policy blackout_dates_update_manager on public.blackout_dates
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy blackout_dates_delete_manager on public.blackout_dates
for delete to authenticated
using ((select private.is_manager()));
