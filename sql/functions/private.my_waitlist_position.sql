-- Security definer: it counts those ahead, whom the caller may not see.
create function private.my_waitlist_position(session_id uuid)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.waitlist_position(session_id, auth.uid());
end
$$;
comment on function private.my_waitlist_position(uuid) is
    'The caller''s place in a session''s waitlist: 1 gets the next free seat; null for those who do not wait.';
revoke execute on function private.my_waitlist_position(uuid) from public;
grant execute on function private.my_waitlist_position(uuid) to authenticated;
