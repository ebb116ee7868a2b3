-- One spelling of a meeting's id on its platform, for the index that webhooks find their session by.
create function private.meeting_key(zoom_meeting_id text, platform_data jsonb)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(translate(zoom_meeting_id, ' -', ''), platform_data ->> 'meeting_id');
end
$$;
comment on function private.meeting_key(text, jsonb) is
    'The meeting''s id on its platform: zoom_meeting_id without blanks and dashes, else platform_data.meeting_id; null where neither is known.';
revoke execute on function private.meeting_key(text, jsonb) from public;
grant execute on function private.meeting_key(text, jsonb) to authenticated, service_role;
