-- One key per audience of an offer, so that row-level security can search by a list of them. A batch and the unbatched
-- have the keys that sessions have.
create function private.offer_key(audience public.offer_audience, course_id uuid, batch_id uuid)
returns uuid
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case audience
        when 'everybody'::public.offer_audience then '00000000-0000-0000-0000-000000000000'::uuid
        when 'course'::public.offer_audience then pg_catalog.md5(course_id::text || '/everybody')::uuid
        else private.audience_key(course_id, batch_id)
    end;
end
$$;
comment on function private.offer_key(public.offer_audience, uuid, uuid) is
    'The key shared by the booking offers to one audience and the active enrollments that belong to it.';
revoke execute on function private.offer_key(public.offer_audience, uuid, uuid) from public;
grant execute on function private.offer_key(public.offer_audience, uuid, uuid) to authenticated, service_role;
