-- Addresses a calendar object to one attendee. Apart from making it, because the same object goes to thousands. Nobody
-- reads replies, so none is asked for.
create function private.calendar_for(calendar text, attendee_address text, attendee_name text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- No text of a session can look like this line: line breaks in texts are escaped, and folded lines begin with a
    -- space.
    return replace(
        calendar,
        E'\r\nEND:VEVENT\r\n',
        E'\r\n' || private.ical_fold(
            private.ical_address(
                'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE', attendee_address, attendee_name
            )
        ) || E'\r\nEND:VEVENT\r\n'
    );
end
$$;
comment on function private.calendar_for(text, text, text) is
    'The calendar object of private.sessions_calendar with this attendee added.';
revoke execute on function private.calendar_for(text, text, text) from public;
