-- Without this Postgres answers a write to the calendar, whoever sends it, with 55000, which is a server error to
-- PostgREST. With it, everybody whom no grant lets write is told so (42501), and the owner is told where to.
create function private.refuse_calendar_write()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT405',
        message = 'segmented_weekly_success_sessions is read-only',
        hint = 'Write to success_sessions.';
end
$$;
comment on function private.refuse_calendar_write() is 'Refuses writes to the calendar with PT405.';
revoke execute on function private.refuse_calendar_write() from public;

create trigger segmented_weekly_success_sessions_read_only
instead of insert or update or delete on public.segmented_weekly_success_sessions
for each row execute function private.refuse_calendar_write();
