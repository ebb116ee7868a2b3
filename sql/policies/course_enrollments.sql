alter table public.course_enrollments enable row level security;

revoke all on public.course_enrollments from public, anon, authenticated, service_role;
grant select, delete on public.course_enrollments to authenticated;
grant
insert (id, student_id, course_id, batch_id, status), update (student_id, course_id, batch_id, status)
on public.course_enrollments to authenticated;
grant select, insert, update, delete on public.course_enrollments to service_role;

create policy course_enrollments_select_own_or_manager on public.course_enrollments
for select to authenticated
using (student_id between (select private.my_rows_from()) and (select private.my_rows_to()));

create policy course_enrollments_insert_manager on public.course_enrollments
for insert to authenticated
with check ((select private.is_manager()));

create policy course_enrollments_update_manager on public.course_enrollments
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy course_enrollments_delete_superadmin on public.course_enrollments
for delete to authenticated
using ((select private.has_role('superadmin')));
