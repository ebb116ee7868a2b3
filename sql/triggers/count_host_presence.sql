-- A platform may tell after the session when its mentor came.
-- Security definer: as private.count_attendance.
create function private.count_host_presence()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids constant uuid[] := private.hold_session_statistics(
        array(select distinct changed.session_id from changed)
    );
    v_presence record;
begin
    for v_presence in
        select changed.session_id, changed.host_id, changed.joined_at
        from changed
        where changed.session_id = any(v_session_ids)
        order by changed.session_id
    loop
        update private.session_statistics as statistics
        set host_joined_at = v_presence.joined_at
        where statistics.session_id = v_presence.session_id and statistics.host_key = v_presence.host_id;
    end loop;
    return null;
end
$$;
comment on function private.count_host_presence() is
    'Keeps the statistics of completed sessions true to when their mentors came.';
revoke execute on function private.count_host_presence() from public;

create trigger count_host_presence_added
after insert on private.host_presence
referencing new table as changed
for each statement execute function private.count_host_presence();

create trigger count_host_presence_changed
after update on private.host_presence
referencing new table as changed
for each statement execute function private.count_host_presence();
