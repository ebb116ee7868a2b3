-- UTC-OFFSET of RFC 5545, section 3.3.14; seconds only where there are any.
create function private.ical_offset(utc_offset interval)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when utc_offset < interval '0' then '-' else '+' end
    || to_char(
        greatest(utc_offset, -utc_offset),
        case when extract(second from utc_offset) = 0 then 'HH24MI' else 'HH24MISS' end
    );
end
$$;
comment on function private.ical_offset(interval) is
    'The offset from UTC, east positive, as an iCalendar UTC-OFFSET (RFC 5545, section 3.3.14).';
revoke execute on function private.ical_offset(interval) from public;
