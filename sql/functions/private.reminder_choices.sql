-- A short list, so that the clock watches a handful of moments before each session, whatever people choose.
create function private.reminder_choices()
returns integer[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array[5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 10080];
end
$$;
comment on function private.reminder_choices() is
    'How many minutes before a session somebody can be reminded of it, from five to a week.';
revoke execute on function private.reminder_choices() from public;
grant execute on function private.reminder_choices() to authenticated, service_role;
