alter table public.session_series enable row level security;

-- Written by the API's functions only: a rule and its dates belong together.
revoke all on public.session_series from public, anon, authenticated, service_role;
grant select on public.session_series to authenticated, service_role;

-- The first two arms of success_sessions_select_audience_host_or_manager, each an index search. Who was invited to one
-- session has no business with the rest of its series.
create policy session_series_select_audience_host_or_manager on public.session_series
for select to authenticated
using (
    audience_key = any((select private.my_audience_keys())::uuid[])
    or host_key between (select private.my_hosts_from()) and (select private.my_hosts_to())
);
