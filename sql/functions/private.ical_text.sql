-- Text values of RFC 5545, section 3.3.11: backslash, semicolon, comma and line break are escaped. Other control
-- characters are not allowed anywhere in an iCalendar object and are left out.
create function private.ical_text(value text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return regexp_replace(
        regexp_replace(
            regexp_replace(value, '([\\;,])', '\\\1', 'g'),
            '\r\n|\r|\n', '\\n', 'g'
        ),
        '[\x01-\x08\x0b-\x1f\x7f]', '', 'g'
    );
end
$$;
comment on function private.ical_text(text) is 'The value escaped as an iCalendar TEXT (RFC 5545, section 3.3.11).';
revoke execute on function private.ical_text(text) from public;
