-- Quoted parameter values of RFC 5545, section 3.2, cannot hold a double quote or a line break. RFC 6868 has an
-- encoding for both.
create function private.ical_quoted(value text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return '"' || regexp_replace(
        replace(replace(regexp_replace(value, '\r\n|\r|\n', ' ', 'g'), '^', '^^'), '"', '^'''),
        '[\x01-\x08\x0b-\x1f\x7f]', '', 'g'
    ) || '"';
end
$$;
comment on function private.ical_quoted(text) is
    'The value as a quoted iCalendar parameter value (RFC 5545, section 3.2; RFC 6868); line breaks become spaces.';
revoke execute on function private.ical_quoted(text) from public;
