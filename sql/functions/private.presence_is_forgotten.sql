-- See private.forget_presence: what is forgotten cannot be worked out again.
create function private.presence_is_forgotten(session public.success_sessions)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return session.end_time < (
        select clock_timestamp() - make_interval(months => settings.presence_retention_months) + interval '1 day'
        from public.app_settings as settings
    );
end
$$;
comment on function private.presence_is_forgotten(public.success_sessions) is
    'Whether a session is so long ago that its joins and leaves are deleted, or may be any day; its attendance stays.';
revoke execute on function private.presence_is_forgotten(public.success_sessions) from public;
