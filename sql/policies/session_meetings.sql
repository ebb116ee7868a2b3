alter table public.session_meetings enable row level security;

-- Nobody writes it but the functions that keep it in step with sessions, not even the service role.
revoke all on public.session_meetings from public, anon, authenticated, service_role;
grant select on public.session_meetings to authenticated, service_role;

-- Both arms are indexable, so the planner can combine them. The first is every id for managers, deleted sessions'
-- meetings included, and for others the id of a user, which no meeting has.
create policy session_meetings_select_host_or_manager on public.session_meetings
for select to authenticated
using (
    id between (select private.my_rows_from()) and (select private.my_rows_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);
