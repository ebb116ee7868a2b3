-- The frame of every calendar object. What goes by mail has a METHOD, the same as its MIME part; what is fetched has
-- none: over HTTP the media type names no method, and each demands the other (RFC 5545, section 3.7.2).
create function private.ical_object(method text, properties text, components text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return concat(
        E'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Live Sessions//Live Sessions//EN\r\nCALSCALE:GREGORIAN\r\n',
        'METHOD:' || method || E'\r\n',
        properties,
        components,
        E'END:VCALENDAR\r\n'
    );
end
$$;
comment on function private.ical_object(text, text, text) is
    'A VCALENDAR (RFC 5545, section 3.4) of these lines, each ending with CRLF; method null for one that invites nobody, properties null for no others.';
revoke execute on function private.ical_object(text, text, text) from public;
