alter table public.session_registrations enable row level security;

-- Nobody writes it but the functions that count seats, not even the service role: a row written past them could
-- overbook a session.
revoke all on public.session_registrations from public, anon, authenticated, service_role;
grant select on public.session_registrations to authenticated, service_role;

-- Both arms are indexable, so the planner can combine them.
create policy session_registrations_select_own_host_or_manager on public.session_registrations
for select to authenticated
using (
    student_id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);
