alter table public.courses enable row level security;

revoke all on public.courses from public, anon, authenticated, service_role;
grant select, delete on public.courses to authenticated;
grant insert (id, name), update (name) on public.courses to authenticated;
grant select, insert, update, delete on public.courses to service_role;

-- The list of ids is read when the statement begins, so a course that the statement itself inserts is not in it, and
-- `insert(…).select()` would be refused. For managers the range in the second arm is all ids. For others it is their
-- own user id, which no course has.
create policy courses_select_member_or_staff on public.courses
for select to authenticated
using (
    id = any((select private.my_course_ids())::uuid[])
    or id between (select private.my_rows_from()) and (select private.my_rows_to())
);

create policy courses_insert_manager on public.courses
for insert to authenticated
with check ((select private.is_manager()));

create policy courses_update_manager on public.courses
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy courses_delete_superadmin on public.courses
for delete to authenticated
using ((select private.has_role('superadmin')));
