alter table public.session_participants enable row level security;

revoke all on public.session_participants from public, anon, authenticated, service_role;
grant select, delete on public.session_participants to authenticated;
grant insert (session_id, user_id) on public.session_participants to authenticated;
grant select, insert, update, delete on public.session_participants to service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_participants_select_own_host_or_manager on public.session_participants
for select to authenticated
using (
    user_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_participants_insert_host_or_manager on public.session_participants
for insert to authenticated
with check (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_participants_delete_host_or_manager on public.session_participants
for delete to authenticated
using (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);
