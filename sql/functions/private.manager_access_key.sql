-- The key every session carries and only managers hold.
create function private.manager_access_key()
returns uuid
language sql
immutable
set search_path = ''
return '00000000-0000-0000-0000-000000000000'::uuid;
comment on function private.manager_access_key() is 'The access key every session carries and only managers hold.';
revoke execute on function private.manager_access_key() from public;
grant execute on function private.manager_access_key() to authenticated, service_role;
