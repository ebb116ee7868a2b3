-- ORGANIZER and ATTENDEE. A CN is left out when the name is empty.
create function private.ical_address(property text, address text, name text, parameters text default '')
returns text
language sql
immutable
set search_path = ''
return property || parameters
    || coalesce(';CN=' || private.ical_quoted(nullif(btrim(name), '')), '')
    || ':mailto:' || regexp_replace(address, '[\x01-\x20\x7f]', '', 'g');
comment on function private.ical_address(text, text, text, text) is
    'A calendar user line (RFC 5545, sections 3.8.4.1 and 3.8.4.3), not yet folded; null without an address.';
revoke execute on function private.ical_address(text, text, text, text) from public;
