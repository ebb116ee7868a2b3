-- Security definer: whoever sees a session may read its host's name, though not the host's profile.
create function private.mentor_name(mentor_id uuid)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select profile.full_name from public.profiles as profile where profile.id = mentor_name.mentor_id);
end
$$;
comment on function private.mentor_name(uuid) is 'Name of a session''s host; null when none is assigned.';
revoke execute on function private.mentor_name(uuid) from public;
grant execute on function private.mentor_name(uuid) to authenticated, service_role;
