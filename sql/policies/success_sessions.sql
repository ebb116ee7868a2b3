alter table public.success_sessions enable row level security;

revoke all on public.success_sessions from public, anon, authenticated, service_role;
grant select, delete on public.success_sessions to authenticated;
grant insert (
    id, title, description, session_type, status, course_id, batch_id, mentor_id, start_time, end_time, timezone,
    platform, meeting_account_id, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data,
    registration_required, registration_closes_at, capacity, reminder_minutes, cancel_reason
) on public.success_sessions to authenticated;
-- id: an upsert (PostgREST's resolution=merge-duplicates) sets every column it was sent, the key included.
grant update (
    id, title, description, session_type, status, course_id, batch_id, mentor_id, start_time, end_time, timezone,
    platform, meeting_account_id, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data,
    registration_required, registration_closes_at, capacity, reminder_minutes, cancel_reason
) on public.success_sessions to authenticated;
grant select, insert, update, delete on public.success_sessions to service_role;

-- Audience, host (any host for managers), invitation. Each arm is served by an index, which Postgres combines
-- (BitmapOr) and narrows by the period asked for; one arm without an index, such as `or is_manager()`, would hide them
-- all. Four weeks of one student among 100,000 students and 400,000 sessions, whole transaction, Postgres 15: 0.7 ms;
-- the same by one array of keys and a GIN index, which reads the student's sessions of all time: 1.7 ms; the join by
-- hand as the owner: 1.2 ms; an empty transaction: 0.3 ms.
create policy success_sessions_select_audience_host_or_manager on public.success_sessions
for select to authenticated
using (
    audience_key = any((select private.my_audience_keys())::uuid[])
    or host_key between (select private.my_hosts_from()) and (select private.my_hosts_to())
    or id = any((select private.my_invited_session_ids())::uuid[])
);

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
