create function private.feed_calendar(feed public.calendar_feeds)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_app_url text := (select settings.app_url from public.app_settings as settings);
    v_name text := private.ical_text(coalesce(feed.label, 'Live Sessions'));
    v_events text := private.ical_events(private.feed_sessions(feed), null, null, null, v_app_url, is_feed => true);
begin
    return private.ical_object(
        null,
        concat(
            private.ical_fold('NAME:' || v_name) || E'\r\n',
            private.ical_fold('X-WR-CALNAME:' || v_name) || E'\r\n',
            E'REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n'
        ),
        -- A calendar must have some component (RFC 5545, section 3.6).
        coalesce(v_events, private.ical_timezone('UTC', now(), now()))
    );
end
$$;
comment on function private.feed_calendar(public.calendar_feeds) is
    'The iCalendar object (RFC 5545, RFC 7986) of a feed: an event for each session of private.feed_sessions, the name and how often to ask again.';
revoke execute on function private.feed_calendar(public.calendar_feeds) from public;
