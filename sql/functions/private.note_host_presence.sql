create function private.note_host_presence(session_id uuid, host_id uuid, joined_at timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into private.host_presence as presence (session_id, host_id, joined_at)
    values (session_id, host_id, joined_at)
    on conflict on constraint host_presence_pkey do update set joined_at = excluded.joined_at
    where presence.joined_at > excluded.joined_at;
end
$$;
comment on function private.note_host_presence(uuid, uuid, timestamptz) is
    'Records that a mentor joined a session that they host; the first time counts, in whatever order it is told.';
revoke execute on function private.note_host_presence(uuid, uuid, timestamptz) from public;
