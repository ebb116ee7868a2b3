alter table public.success_sessions enable row level security;

revoke all on public.success_sessions from public, anon, authenticated, service_role;
grant select, delete on public.success_sessions to authenticated;
grant insert (
    id, title, description, session_type, status, course_id, batch_id, mentor_id, start_time, end_time, timezone,
    platform, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data, cancel_reason
) on public.success_sessions to authenticated;
-- id: an upsert (PostgREST's resolution=merge-duplicates) sets every column it was sent, the key included.
grant update (
    id, title, description, session_type, status, course_id, batch_id, mentor_id, start_time, end_time, timezone,
    platform, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data, cancel_reason
) on public.success_sessions to authenticated;
grant select, insert, update, delete on public.success_sessions to service_role;

-- One indexable condition for everybody; see private.session_access_keys for what it was measured against.
create policy success_sessions_select_key_holder on public.success_sessions
for select to authenticated
using (access_keys && (select private.my_access_keys()));

create policy success_sessions_insert_manager_or_host on public.success_sessions
for insert to authenticated
with check (
    (select private.is_manager())
    or (mentor_id = (select auth.uid()) and (select private.has_role('mentor')))
);

create policy success_sessions_update_manager_or_host on public.success_sessions
for update to authenticated
using (
    (select private.is_manager())
    or (mentor_id = (select auth.uid()) and (select private.has_role('mentor')))
)
with check (
    (select private.is_manager())
    or (mentor_id = (select auth.uid()) and (select private.has_role('mentor')))
);

create policy success_sessions_delete_superadmin on public.success_sessions
for delete to authenticated
using ((select private.has_role('superadmin')));
