-- Security definer: user_roles is under row-level security, and policies on it ask this very question.
create function private.has_role(role public.app_role)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where held.user_id = auth.uid() and held.role = has_role.role
    );
end
$$;
comment on function private.has_role(public.app_role) is 'Whether the calling user holds this role; false for nobody.';
revoke execute on function private.has_role(public.app_role) from public;
grant execute on function private.has_role(public.app_role) to authenticated;
