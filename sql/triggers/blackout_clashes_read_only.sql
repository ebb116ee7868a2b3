-- See segmented_weekly_success_sessions_read_only: without this Postgres answers a write with 55000, a server error.
create function private.refuse_blackout_clash_write()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT405',
        message = 'blackout_clashes is read-only',
        hint = 'Write to blackout_dates or success_sessions.';
end
$$;
comment on function private.refuse_blackout_clash_write() is 'Refuses writes to the list of clashes with PT405.';
revoke execute on function private.refuse_blackout_clash_write() from public;

create trigger blackout_clashes_read_only
instead of insert or update or delete on public.blackout_clashes
for each row execute function private.refuse_blackout_clash_write();
