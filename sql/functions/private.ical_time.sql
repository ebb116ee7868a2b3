-- DTSTART, DTEND and RECURRENCE-ID of a date of a series are local times with their zone, as the rule they come from
-- is. The second of two equal local times, when the clock is put back, can only be said in UTC: a local time means the
-- first of them (RFC 5545, section 3.3.5).
create function private.ical_time(property text, instant timestamptz, timezone text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_local timestamp := instant at time zone timezone;
begin
    if timezone = 'UTC' or private.local_to_instant(v_local, timezone) <> instant then
        return property || ':' || private.ical_utc(instant);
    end if;
    return property || ';TZID=' || timezone || ':' || to_char(v_local, 'YYYYMMDD"T"HH24MISS');
end
$$;
comment on function private.ical_time(text, timestamptz, text) is
    'A content line that says an instant in the zone''s local time, which needs the zone''s VTIMEZONE, or in UTC where it must; not folded.';
revoke execute on function private.ical_time(text, timestamptz, text) from public;
