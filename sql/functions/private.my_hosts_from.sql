-- With my_hosts_to: `host_key between my_hosts_from() and my_hosts_to()` says "hosted by me as a mentor, or by anybody
-- for managers, or nothing" as one range an index can serve. Security definer: user_roles is under row-level security.
create function private.my_hosts_from()
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
                    then '00000000-0000-0000-0000-000000000000'::uuid
                when bool_or(held.role = 'mentor') then auth.uid()
            end
        from public.user_roles as held
        where held.user_id = auth.uid()
    );
end
$$;
comment on function private.my_hosts_from() is
    'The lowest host_key whose sessions the caller may see: the own id for mentors, the lowest of all for managers, null for others.';
revoke execute on function private.my_hosts_from() from public;
grant execute on function private.my_hosts_from() to authenticated;
