-- Whether the call comes from a login of the database's owner, the DBA in psql, and not from a request. Two things say
-- so, and no request can bring about either. There are no claims: PostgREST sets them for every request, with `role` in
-- them for `anon`, too. And who logged in is the owner, may become it, or is a superuser: `authenticator`, whatever
-- role it takes on, is none of them. current_user is the owner: only definer functions may call this.
create function private.is_owner_login()
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return auth.jwt() is null and auth.role() is null and pg_has_role(session_user, current_user, 'member');
end
$$;
comment on function private.is_owner_login() is
    'Whether the call comes from a connection of the database''s owner or a superuser, without the claims of a request.';
revoke execute on function private.is_owner_login() from public;
