-- PostgREST serves what returns a domain named after a media type as that media type, to callers who accept it.
create domain public."text/calendar" as text;
comment on domain public."text/calendar" is 'An iCalendar object (RFC 5545), which PostgREST serves as text/calendar.';
