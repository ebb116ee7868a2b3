alter table public.series_skips enable row level security;

-- Nobody writes it but the functions that make the sessions of series.
revoke all on public.series_skips from public, anon, authenticated, service_role;
grant select on public.series_skips to authenticated, service_role;

-- Both arms are indexable. The second is a range over all series for managers, nothing for students, and for a mentor
-- the mentor's own id, which is no series'.
create policy series_skips_select_host_or_manager on public.series_skips
for select to authenticated
using (
    series_id = any((select private.my_hosted_series_ids())::uuid[])
    or series_id between (select private.my_hosts_from()) and (select private.my_hosts_to())
);
