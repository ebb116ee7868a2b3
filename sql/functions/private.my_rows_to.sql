-- See private.my_rows_from.
create function private.my_rows_to()
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when private.is_manager() then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end;
end
$$;
comment on function private.my_rows_to() is
    'Highest user id whose rows the caller may read: the own one, the highest of all for managers, null for nobody.';
revoke execute on function private.my_rows_to() from public;
grant execute on function private.my_rows_to() to authenticated;
