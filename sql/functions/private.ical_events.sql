-- The VEVENTs of every calendar object, mails' and feeds' alike. One statement over all of them, and functions are
-- called for the odd text only: a feed of a year is made at every poll, and a call costs more than most lines do. It
-- depends on its arguments only, so that a mail sent twice is the same mail. Of two objects with one SEQUENCE the one
-- with the later DTSTAMP holds (RFC 5546, section 2.1.5): DTSTAMP is when the session last changed.
create function private.ical_events(
    sessions public.success_sessions[],
    method text,
    series_timezone text,
    organizer_line text,
    app_url text,
    is_feed boolean
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_utc_format constant text := 'YYYYMMDD"T"HH24MISS"Z"';
    c_url constant text := 'URL:' || rtrim(app_url, '/') || '/sessions/';
    c_url_text constant text := private.ical_text(rtrim(app_url, '/') || '/sessions/');
    -- It says what begins, by its title: words of ours would be of one language.
    c_alarm constant text := E'BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\n';
    c_specials constant text := '[\x01-\x1f\x7f]';
    c_folded_organizer constant text := private.ical_fold(organizer_line) || E'\r\n';
begin
    return (
        select
            string_agg(
                concat(
                    E'BEGIN:VEVENT\r\nUID:',
                    -- A feed is a calendar of its own, replaced as a whole, and shows no series: one UID for each
                    -- session is what every program reads. Many overlook events that share one.
                    case when is_feed then session.id else session.calendar_uid end,
                    E'@live-sessions\r\n',
                    case
                        when not is_feed and session.recurrence_id is not null
                            then private.ical_time('RECURRENCE-ID', session.recurrence_id, series_timezone) || E'\r\n'
                    end,
                    'SEQUENCE:',
                    session.sequence,
                    E'\r\nDTSTAMP:',
                    to_char(session.updated_at at time zone 'UTC', c_utc_format),
                    case
                        when not is_feed and session.recurrence_id is not null
                            then E'\r\n' || private.ical_time('DTSTART', session.start_time, session.timezone)
                                || E'\r\n' || private.ical_time('DTEND', session.end_time, session.timezone)
                        else E'\r\nDTSTART:' || to_char(session.start_time at time zone 'UTC', c_utc_format)
                            || E'\r\nDTEND:' || to_char(session.end_time at time zone 'UTC', c_utc_format)
                    end,
                    E'\r\n',
                    case
                        when octet_length(line.summary) <= 75 then line.summary
                        else private.ical_fold(line.summary)
                    end,
                    E'\r\n',
                    case
                        when octet_length(line.description) <= 75 then line.description
                        -- Letters of one octet each, and the second line is the last.
                        when octet_length(line.description) <= 149
                            and octet_length(line.description) = char_length(line.description)
                            then left(line.description, 75) || E'\r\n ' || substr(line.description, 76)
                        else private.ical_fold(line.description)
                    end,
                    case when line.description is not null then E'\r\n' end,
                    case when octet_length(line.url) <= 75 then line.url else private.ical_fold(line.url) end,
                    case when line.url is not null then E'\r\n' end,
                    -- Withdrawing one invitation is a CANCEL without STATUS: the session goes on without that attendee
                    -- (RFC 5546, section 3.2.5).
                    case
                        when session.status = 'cancelled' then E'STATUS:CANCELLED\r\n'
                        when method is distinct from 'CANCEL' then E'STATUS:CONFIRMED\r\n'
                    end,
                    E'TRANSP:OPAQUE\r\n',
                    c_folded_organizer,
                    case
                        when is_feed and session.status = 'upcoming'
                            then c_alarm
                                || case
                                    when octet_length(line.summary) <= 71
                                        then 'DESCRIPTION:' || substr(line.summary, 9)
                                    else private.ical_fold('DESCRIPTION:' || substr(line.summary, 9))
                                end
                                || E'\r\nEND:VALARM\r\n'
                    end,
                    E'END:VEVENT\r\n'
                ),
                '' order by session.ordinality
            )
        from unnest(sessions) with ordinality as session
        cross join lateral (
            select
                -- One line: success_sessions_title_not_blank.
                'SUMMARY:' || replace(replace(replace(session.title, '\', '\\'), ';', '\;'), ',', '\,') as summary,
                -- Many programs hide URL, so it ends the description too.
                'DESCRIPTION:' || nullif(concat_ws(
                    '\n\n',
                    case
                        when session.description = '' then null
                        when session.description ~ c_specials then private.ical_text(session.description)
                        else replace(replace(replace(session.description, '\', '\\'), ';', '\;'), ',', '\,')
                    end,
                    c_url_text || session.id
                ), '') as description,
                c_url || session.id as url
            offset 0
        ) as line
    );
end
$$;
comment on function private.ical_events(public.success_sessions[], text, text, text, text, boolean) is
    'One VEVENT (RFC 5545, section 3.6.1) for each session, in the order given; CRLF line ends. Null for no session; without URL where app_url is null, without ORGANIZER where organizer_line is. is_feed: a UID for each session, UTC, an alarm; else a session of a series has the series'' UID, RECURRENCE-ID and local times.';
revoke execute on function private.ical_events(public.success_sessions[], text, text, text, text, boolean) from public;
