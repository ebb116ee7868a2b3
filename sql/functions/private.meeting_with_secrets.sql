-- A reader of secrets, for those who make sessions of a series, split it, or compare the two.
create function private.meeting_with_secrets(
    table_name text, id uuid, link text, backup_link text, platform_data jsonb
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_host_link constant text := private.get_session_secret(table_name, id, 'host_link');
begin
    return jsonb_build_object(
        'link', coalesce(private.get_session_secret(table_name, id, 'link'), link),
        'backup_link', coalesce(private.get_session_secret(table_name, id, 'backup_link'), backup_link),
        'zoom_passcode', private.get_session_secret(table_name, id, 'zoom_passcode'),
        'platform_data', platform_data || jsonb_strip_nulls(jsonb_build_object('host_link', v_host_link))
    );
end
$$;
comment on function private.meeting_with_secrets(text, uuid, text, text, jsonb) is
    'link, backup_link, zoom_passcode and platform_data of a session or series, given what stands in its row, with their secrets.';
revoke execute on function private.meeting_with_secrets(text, uuid, text, text, jsonb) from public;
