-- One key per audience: a course and one of its batches, or the course's unbatched students. A digest, so that both
-- columns fit into one that an index can be searched by with a list of keys, nulls included.
create function private.audience_key(course_id uuid, batch_id uuid)
returns uuid
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return pg_catalog.md5(course_id::text || '/' || coalesce(batch_id::text, 'unbatched'))::uuid;
end
$$;
comment on function private.audience_key(uuid, uuid) is
    'The key shared by the sessions and the active enrollments of one audience; batch_id null means the unbatched; null without a course.';
revoke execute on function private.audience_key(uuid, uuid) from public;
grant execute on function private.audience_key(uuid, uuid) to authenticated, service_role;
