-- The end of a rule is an instant, but what it means is a last day. Another time of day must not cut that day off, nor
-- another zone add one.
create function private.rule_in_zone(series public.session_series, timezone text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rrule private.rrule := private.parse_rrule(series.rrule);
    v_last_day date := (v_rrule.until_time at time zone series.timezone)::date;
begin
    if v_last_day is null then
        return series.rrule;
    end if;
    if private.series_start(series, v_last_day) > v_rrule.until_time then
        v_last_day := v_last_day - 1;
    end if;
    return regexp_replace(
        series.rrule,
        'UNTIL=[0-9TZ]*',
        'UNTIL=' || private.ical_utc(
            private.local_to_instant((v_last_day + 1)::timestamp, timezone) - interval '1 second'
        )
    );
end
$$;
comment on function private.rule_in_zone(public.session_series, text) is
    'The rule of the series with the same last day, whatever the time of day, in another zone.';
revoke execute on function private.rule_in_zone(public.session_series, text) from public;
