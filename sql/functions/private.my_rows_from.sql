-- With my_rows_to: `user_id between my_rows_from() and my_rows_to()` says "own rows, or all for managers" as one range
-- an index can serve; `user_id = me or is_manager()` hides the index from the planner.
create function private.my_rows_from()
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when private.is_manager() then '00000000-0000-0000-0000-000000000000'::uuid else auth.uid() end;
end
$$;
comment on function private.my_rows_from() is
    'Lowest user id whose rows the caller may read: the own one, the lowest of all for managers, null for nobody.';
revoke execute on function private.my_rows_from() from public;
grant execute on function private.my_rows_from() to authenticated;
