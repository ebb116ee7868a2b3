-- Security definer: user_roles is under row-level security, and policies on it ask this very question.
create function private.is_settings_admin()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where held.user_id = auth.uid() and held.role in ('admin', 'superadmin')
    );
end
$$;
comment on function private.is_settings_admin() is
    'Whether the calling user may change settings and platforms: admins and superadmins; false for nobody.';
revoke execute on function private.is_settings_admin() from public;
grant execute on function private.is_settings_admin() to authenticated;
