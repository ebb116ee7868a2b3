-- One object for what one mail tells of one UID: a session, or several of a series. Each date of a series is a VEVENT
-- of its own with RECURRENCE-ID, because each has its own link and is moved and cancelled by itself. Sent together to
-- somebody who knows none of them, they follow a VEVENT for the whole series (with_series), whose instances they are:
-- programs that import the first VEVENT only get the series, the others every date. Sent later, a date goes alone, as
-- to a guest of one date, which Google, Outlook and Apple send and read themselves.
create function private.sessions_calendar(
    sessions public.success_sessions[],
    method text,
    with_series boolean,
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
    -- 'Name <address>' or an address alone.
    v_organizer text[] := regexp_match(organizer, '^\s*(?:"?([^"<]*?)"?\s*<\s*)?([^<>\s]+@[^<>\s]+?)\s*>?\s*$');
    v_organizer_line text := private.ical_address('ORGANIZER', v_organizer[2], v_organizer[1]);
    v_sessions public.success_sessions[] := sessions;
    v_uids integer := cardinality(sessions);
    v_is_series boolean := false;
    v_series public.success_sessions;
    v_series_event text;
    v_timezone text;
    v_timezones text;
    v_calendar text;
begin
    if method not in ('REQUEST', 'CANCEL') then
        raise exception using
            errcode = '22023',
            message = format('method must be REQUEST, CANCEL or null, not %L', method);
    end if;
    -- An organizer and a method go together: what invites nobody has no ORGANIZER (RFC 5545, section 3.8.4.3).
    if (v_organizer is null) <> (method is null) or (organizer is null) <> (method is null) then
        raise exception using
            errcode = '22023',
            message = 'organizer must be an address, or a name followed by an address in angle brackets';
    end if;
    if cardinality(sessions) > 1 then
        select
            array_agg(session order by coalesce(session.recurrence_id, session.start_time), session.id),
            count(distinct session.calendar_uid),
            bool_and(session.recurrence_id is not null)
        into v_sessions, v_uids, v_is_series
        from unnest(sessions) as session;
    end if;
    if v_uids is distinct from 1 then
        raise exception using
            errcode = '22023',
            message = 'sessions must be one or several, all with the same calendar_uid';
    end if;

    v_timezone := v_sessions[1].timezone;
    if with_series and v_is_series then
        v_series := v_sessions[1];
        v_series.end_time := v_series.recurrence_id + (v_series.end_time - v_series.start_time);
        v_series.start_time := v_series.recurrence_id;
        select
            max(session.sequence),
            max(session.updated_at)
        into v_series.sequence, v_series.updated_at
        from unnest(sessions) as session;
        -- No text can look like that line: line breaks in texts are escaped.
        v_series_event := replace(
            private.ical_events(
                array[v_series], method, v_timezone, v_organizer_line, app_url, is_feed => false
            ),
            private.ical_time('RECURRENCE-ID', v_series.recurrence_id, v_timezone) || E'\r\n',
            private.ical_recurrence(
                array(select session.recurrence_id from unnest(v_sessions) as session order by session.recurrence_id),
                v_timezone
            )
        );
    end if;

    -- A session that is no date of a series, which most are, says its time in UTC.
    if cardinality(sessions) > 1 or v_sessions[1].recurrence_id is not null then
        select
            string_agg(private.ical_timezone(used.timezone, span.from_time, span.to_time), '' order by used.timezone)
        into v_timezones
        from (
            select distinct session.timezone
            from unnest(v_sessions) as session
            where session.recurrence_id is not null and session.timezone <> 'UTC'
        ) as used
        cross join (
            select
                min(least(session.start_time, session.recurrence_id)) as from_time,
                max(greatest(session.end_time, session.recurrence_id)) as to_time
            from unnest(v_sessions) as session
        ) as span;
    end if;
    v_calendar := private.ical_object(
        method,
        null,
        concat(
            v_timezones,
            v_series_event,
            private.ical_events(v_sessions, method, v_timezone, v_organizer_line, app_url, is_feed => false)
        )
    );
    if attendee_address is null then
        return v_calendar;
    end if;
    return private.calendar_for(v_calendar, attendee_address, attendee_name);
end
$$;
comment on function private.sessions_calendar(public.success_sessions[], text, boolean, text, text, text, text) is
    'iCalendar object (RFC 5545, RFC 5546) of sessions with one calendar_uid, that puts them into the attendee''s calendar (REQUEST), takes them out (CANCEL) or shows them to nobody in particular (null, without organizer). with_series: the series as one VEVENT first, where there are several dates. Without attendee, private.calendar_for adds one. CRLF line ends.';
revoke execute on function private.sessions_calendar(
    public.success_sessions[], text, boolean, text, text, text, text
) from public;
