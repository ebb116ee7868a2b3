alter table public.session_recordings enable row level security;

revoke all on public.session_recordings from public, anon, authenticated, service_role;
grant select, delete on public.session_recordings to authenticated;
grant insert (
    id, session_id, title, url, storage_path, duration_minutes, is_published, available_from, available_until, notify
) on public.session_recordings to authenticated;
grant update (
    title, url, storage_path, duration_minutes, is_published, available_from, available_until, notify
) on public.session_recordings to authenticated;
grant select, insert, update, delete on public.session_recordings to service_role;

-- Every arm is indexable, so the planner can combine them. The second is a range over all sessions for managers,
-- nothing for students, and for a mentor the mentor's own id, which is no session's.
create policy session_recordings_select_audience_host_or_manager on public.session_recordings
for select to authenticated
using (
    (
        session_id = any((select private.my_recorded_session_ids())::uuid[])
        and is_published
        and now() >= available_from
        and (available_until is null or now() < available_until)
    )
    or session_id between (select private.my_hosts_from()) and (select private.my_hosts_to())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_recordings_insert_host_or_manager on public.session_recordings
for insert to authenticated
with check (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_recordings_update_host_or_manager on public.session_recordings
for update to authenticated
using (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
)
with check (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);

create policy session_recordings_delete_host_or_manager on public.session_recordings
for delete to authenticated
using (
    (select private.is_manager())
    or session_id = any((select private.my_hosted_session_ids())::uuid[])
);
