-- ORGANIZER and ATTENDEE lines. A CN is left out when the name is empty.
create function private.ical_address(property text, address text, name text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return property
        || coalesce(';CN=' || private.ical_quoted(nullif(btrim(name), '')), '')
        || ':mailto:' || translate(address, E' \t\r\n', '');
end
$$;
comment on function private.ical_address(text, text, text) is
    'A calendar user line (RFC 5545, sections 3.8.4.1 and 3.8.4.3): property with its parameters, name as CN, address; not yet folded.';
revoke execute on function private.ical_address(text, text, text) from public;
