-- Security definer: user_roles is under row-level security, and policies on it ask this very question.
create function private.is_manager()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where held.user_id = auth.uid() and held.role in ('enrollment_manager', 'admin', 'superadmin')
    );
end
$$;
comment on function private.is_manager() is
    'Whether the calling user is an enrollment manager, admin or superadmin; false for nobody.';
revoke execute on function private.is_manager() from public;
grant execute on function private.is_manager() to authenticated;
