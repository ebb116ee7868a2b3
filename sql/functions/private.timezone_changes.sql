-- Postgres does not show its zone data, only what its clocks show: the offset is looked at once a day, and each change
-- is narrowed down to the second. Since 2000 no zone has changed its offset and changed it back within a day.
create function private.timezone_changes(timezone text, from_time timestamptz, to_time timestamptz)
returns table (changes_at timestamptz, offset_before interval, offset_after interval)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before timestamptz;
    v_middle timestamptz;
    v_offset interval;
begin
    for v_before, changes_at, offset_before, offset_after in
        select
            looked.previous_at,
            looked.seen_at,
            looked.previous_offset,
            looked.seen_offset
        from (
            select
                seen.seen_at,
                seen.seen_offset,
                lag(seen.seen_at) over (order by seen.seen_at) as previous_at,
                lag(seen.seen_offset) over (order by seen.seen_at) as previous_offset
            from (
                select
                    moment.at as seen_at,
                    moment.at at time zone timezone - moment.at at time zone 'UTC' as seen_offset
                from (
                    select date_trunc('second', from_time) + step * interval '24 hours' as at
                    from generate_series(0, ceil(extract(epoch from to_time - from_time) / 86400)::integer) as step
                ) as moment
            ) as seen
        ) as looked
        where looked.seen_offset <> looked.previous_offset
        order by looked.seen_at
    loop
        while changes_at - v_before > interval '1 second' loop
            v_middle := v_before + date_trunc('second', (changes_at - v_before) / 2);
            v_offset := v_middle at time zone timezone - v_middle at time zone 'UTC';
            if v_offset = offset_before then
                v_before := v_middle;
            else
                changes_at := v_middle;
            end if;
        end loop;
        return next;
    end loop;
end
$$;
comment on function private.timezone_changes(text, timestamptz, timestamptz) is
    'When the zone''s offset from UTC changes between the two instants, in order: the first instant of the new offset, and both offsets.';
revoke execute on function private.timezone_changes(text, timestamptz, timestamptz) from public;
