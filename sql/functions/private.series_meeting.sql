-- A reader of secrets, for those who make sessions of a series or split it.
create function private.series_meeting(series public.session_series)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_host_link constant text := private.get_session_secret(series.id, 'host_link');
begin
    return jsonb_build_object(
        'link', coalesce(private.get_session_secret(series.id, 'link'), series.link),
        'backup_link', coalesce(private.get_session_secret(series.id, 'backup_link'), series.backup_link),
        'zoom_passcode', private.get_session_secret(series.id, 'zoom_passcode'),
        'platform_data', series.platform_data || jsonb_strip_nulls(jsonb_build_object('host_link', v_host_link))
    );
end
$$;
comment on function private.series_meeting(public.session_series) is
    'link, backup_link, zoom_passcode and platform_data of a series with their secrets, as its sessions are made with them.';
revoke execute on function private.series_meeting(public.session_series) from public;
