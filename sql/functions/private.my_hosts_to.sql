-- See private.my_hosts_from.
-- Security definer: user_roles is under row-level security.
create function private.my_hosts_to()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            case
                when bool_or(held.role in ('enrollment_manager', 'admin', 'superadmin'))
                    then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
                when bool_or(held.role = 'mentor') then auth.uid()
            end
        from public.user_roles as held
        where held.user_id = auth.uid()
    );
end
$$;
comment on function private.my_hosts_to() is
    'The highest host_key whose sessions the caller may see: the own id for mentors, the highest of all for managers, null for others.';
revoke execute on function private.my_hosts_to() from public;
grant execute on function private.my_hosts_to() to authenticated;
