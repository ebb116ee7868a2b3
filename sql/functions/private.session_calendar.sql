-- Every calendar object of a session comes from here. It depends on its arguments only, so that a mail sent twice is
-- the same mail. Of two objects with one SEQUENCE the one with the later DTSTAMP holds (RFC 5546, section 2.1.5):
-- DTSTAMP is when the session last changed, and a caller that knows of a later change (an invitation withdrawn) passes
-- that as updated_at.
create function private.session_calendar(
    session public.success_sessions,
    method text,
    organizer text,
    attendee_address text,
    attendee_name text,
    app_url text
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_url text := rtrim(app_url, '/') || '/sessions/' || session.id;
    -- 'Name <address>' or an address alone.
    v_calendar text;
    v_organizer text[] := regexp_match(organizer, '^\s*(?:"?([^"<]*?)"?\s*<\s*)?([^<>\s]+@[^<>\s]+?)\s*>?\s*$');
begin
    if method is null or method not in ('REQUEST', 'CANCEL') then
        raise exception using
            errcode = '22023',
            message = format('method must be REQUEST or CANCEL, not %s', coalesce(quote_literal(method), 'null'));
    end if;
    if v_organizer is null then
        raise exception using
            errcode = '22023',
            message = 'organizer must be an address, or a name followed by an address in angle brackets';
    end if;
    v_calendar := array_to_string(
        array(
            select private.ical_fold(content.line)
            from unnest(array[
                'BEGIN:VCALENDAR',
                'VERSION:2.0',
                'PRODID:-//Live Sessions//Live Sessions//EN',
                'CALSCALE:GREGORIAN',
                'METHOD:' || method,
                'BEGIN:VEVENT',
                'UID:' || session.id || '@live-sessions',
                'SEQUENCE:' || session.sequence,
                'DTSTAMP:' || private.ical_utc(session.updated_at),
                'DTSTART:' || private.ical_utc(session.start_time),
                'DTEND:' || private.ical_utc(session.end_time),
                'SUMMARY:' || private.ical_text(session.title),
                -- Many programs hide URL, so it ends the description too.
                'DESCRIPTION:' || private.ical_text(concat_ws(E'\n\n', nullif(session.description, ''), v_url)),
                'URL:' || v_url,
                -- Withdrawing one invitation is a CANCEL without STATUS: the session goes on without that attendee
                -- (RFC 5546, section 3.2.5).
                case
                    when session.status = 'cancelled' then 'STATUS:CANCELLED'
                    when method = 'REQUEST' then 'STATUS:CONFIRMED'
                end,
                'TRANSP:OPAQUE',
                private.ical_address('ORGANIZER', v_organizer[2], v_organizer[1]),
                'END:VEVENT',
                'END:VCALENDAR'
            ]) with ordinality as content (line, position)
            where content.line is not null
            order by content.position
        ),
        E'\r\n'
    ) || E'\r\n';
    if attendee_address is null then
        return v_calendar;
    end if;
    return private.calendar_for(v_calendar, attendee_address, attendee_name);
end
$$;
comment on function private.session_calendar(public.success_sessions, text, text, text, text, text) is
    'iCalendar object (RFC 5545, RFC 5546) that puts the session into the attendee''s calendar (REQUEST) or takes it out (CANCEL); without attendee, private.calendar_for adds one. CRLF line ends.';
revoke execute on function private.session_calendar(public.success_sessions, text, text, text, text, text) from public;
