-- A local time that the clock skips is taken with the offset before the gap, one that it shows twice is the first
-- (RFC 5545, section 3.3.5). Plain `at time zone` agrees on the former and picks the second of the latter.
create function private.local_to_instant(local_time timestamp, timezone text)
returns timestamptz
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last timestamptz := local_time at time zone timezone;
    -- A day earlier: no clock was ever put back by more than that, so if it was put back since, this moment has the
    -- offset of before.
    v_day_before timestamptz := v_last - interval '24 hours';
    v_first timestamptz;
begin
    if v_day_before at time zone timezone = local_time - interval '24 hours' then
        return v_last;
    end if;
    v_first := (
        local_time - (v_day_before at time zone timezone - v_day_before at time zone 'UTC')
    ) at time zone 'UTC';
    if v_first < v_last and v_first at time zone timezone = local_time then
        return v_first;
    end if;
    return v_last;
end
$$;
comment on function private.local_to_instant(timestamp, text) is
    'The instant at which clocks in the zone show this local time: the first of two; where it is skipped, as if the clock had not been moved (RFC 5545, section 3.3.5).';
revoke execute on function private.local_to_instant(timestamp, text) from public;
