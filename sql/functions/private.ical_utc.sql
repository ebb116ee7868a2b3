-- DATE-TIME in UTC, RFC 5545, section 3.3.5, form 2: needs no VTIMEZONE.
create function private.ical_utc(instant timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return to_char(instant at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"');
end
$$;
comment on function private.ical_utc(timestamptz) is 'The instant as an iCalendar DATE-TIME in UTC (RFC 5545, section 3.3.5).';
revoke execute on function private.ical_utc(timestamptz) from public;
