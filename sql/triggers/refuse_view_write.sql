-- Without this Postgres answers a write to a view, whoever sends it, with 55000, which is a server error to PostgREST.
-- With it, everybody whom no grant lets write is told so (42501), and the owner is told where to.
create function private.refuse_view_write()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT405',
        message = format('%s is read-only', tg_table_name),
        hint = format('Write to %s.', tg_argv[0]);
end
$$;
comment on function private.refuse_view_write() is
    'Refuses writes to a view with PT405; the argument says which tables are written instead.';
revoke execute on function private.refuse_view_write() from public;

create trigger refuse_view_write
instead of insert or update or delete on public.segmented_weekly_success_sessions
for each row execute function private.refuse_view_write('success_sessions');
create trigger refuse_view_write
instead of insert or update or delete on public.time_off_clashes
for each row execute function private.refuse_view_write('mentor_time_off or success_sessions');
create trigger refuse_view_write
instead of insert or update or delete on public.blackout_clashes
for each row execute function private.refuse_view_write('blackout_dates or success_sessions');
