-- When joining opens. A session its host has started is open whatever the clock says.
create function private.join_opens_at(start_time timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select join_opens_at.start_time - make_interval(mins => settings.join_opens_minutes_before)
        from public.app_settings as settings
    );
end
$$;
comment on function private.join_opens_at(timestamptz) is
    'When join_session opens for a session starting then: app_settings.join_opens_minutes_before earlier.';
revoke execute on function private.join_opens_at(timestamptz) from public;
