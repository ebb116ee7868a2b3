alter table public.session_excuses enable row level security;

revoke all on public.session_excuses from public, anon, authenticated, service_role;
grant select on public.session_excuses to authenticated, service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_excuses_select_own_host_or_manager on public.session_excuses
for select to authenticated
using (
    student_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);
