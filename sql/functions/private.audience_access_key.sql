-- One key per audience: a course and one of its batches, or the course's unbatched students. A digest, so that course and batch fit
-- into the one uuid array that row-level security compares.
create function private.audience_access_key(course_id uuid, batch_id uuid)
returns uuid
language sql
immutable
set search_path = ''
return pg_catalog.md5(course_id::text || '/' || coalesce(batch_id::text, 'unbatched'))::uuid;
comment on function private.audience_access_key(uuid, uuid) is
    'The access key shared by the sessions and the active enrollments of one audience; batch_id null means the unbatched; null for no course.';
revoke execute on function private.audience_access_key(uuid, uuid) from public;
grant execute on function private.audience_access_key(uuid, uuid) to authenticated, service_role;
