-- Who came and went by the minute is needed to settle attendance, and by nobody two years later. Attendance stays.
-- In small lots, from the oldest on: ids rise with time.
create function private.forget_presence()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_lot constant integer := 2000;
    v_before timestamptz;
    v_oldest timestamptz;
    v_forgotten integer;
begin
    select clock_timestamp() - make_interval(months => settings.presence_retention_months) into v_before
    from public.app_settings as settings;
    select presence.recorded_at into v_oldest
    from private.presence_events as presence
    order by presence.id
    limit 1;
    if v_oldest is null or v_oldest >= v_before then
        return 0;
    end if;
    delete from private.presence_events as forgotten
    where forgotten.id = any(
        array(
            select oldest.id
            from (
                select presence.id, presence.recorded_at
                from private.presence_events as presence
                order by presence.id
                limit v_lot
            ) as oldest
            where oldest.recorded_at < v_before
        )
    );
    get diagnostics v_forgotten = row_count;
    return v_forgotten;
end
$$;
comment on function private.forget_presence() is
    'Deletes up to 2,000 joins and leaves that are older than app_settings.presence_retention_months, oldest first; how many.';
revoke execute on function private.forget_presence() from public;
