alter table public.batches enable row level security;

revoke all on public.batches from public, anon, authenticated, service_role;
grant select, delete on public.batches to authenticated;
grant insert (id, course_id, name), update (name) on public.batches to authenticated;
grant select, insert, update, delete on public.batches to service_role;

-- The list of ids is read when the statement begins, so a batch that the statement itself inserts is not in it, and
-- `insert(…).select()` would be refused. For managers the range in the second arm is all ids. For others it is their
-- own user id, which no batch has.
create policy batches_select_member_or_staff on public.batches
for select to authenticated
using (
    id = any((select private.my_batch_ids())::uuid[])
    or id between (select private.my_rows_from()) and (select private.my_rows_to())
);

create policy batches_insert_manager on public.batches
for insert to authenticated
with check ((select private.is_manager()));

create policy batches_update_manager on public.batches
for update to authenticated
using ((select private.is_manager()))
with check ((select private.is_manager()));

create policy batches_delete_superadmin on public.batches
for delete to authenticated
using ((select private.has_role('superadmin')));
