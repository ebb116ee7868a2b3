-- A rule for given dates, found from the dates alone: the series' own rule may have changed since, and its dates were
-- moved, skipped and split. RRULE and EXDATE, which every program reads. RDATE only for dates at another local time
-- than the first, which no rule can add: Outlook takes RDATE beside an RRULE only ([MS-OXCICAL], RDATE), and Google
-- shows none after the rule's UNTIL; there the date's own VEVENT has to do.
create function private.ical_recurrence(starts timestamptz[], timezone text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_dates constant integer := 1000;
    c_weekdays constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    v_first timestamp := starts[1] at time zone timezone;
    v_monday date := date_trunc('week', v_first);
    -- The dates that a rule can give: their local time is the first one's, or what the clock made of it.
    v_days date[];
    v_last timestamptz;
    v_day date;
    v_days_apart integer := 0;
    v_weeks_apart integer := 0;
    v_months_apart integer := 0;
    v_ordinal integer := (extract(day from v_first)::integer + 6) / 7;
    v_is_day_of_month boolean := true;
    v_is_ordinal boolean := true;
    v_is_last boolean := true;
    v_candidates text[];
    v_candidate text;
    v_rule text;
    v_dates timestamptz[];
    v_excluded timestamptz[];
    v_fewest timestamptz[];
begin
    select array_agg(given.day order by given.day), max(given.start)
    into v_days, v_last
    from (
        select
            start,
            (start at time zone timezone)::date as day
        from unnest(starts) as start
    ) as given
    where private.local_to_instant(given.day + v_first::time, timezone) = given.start;

    foreach v_day in array v_days loop
        v_days_apart := gcd(v_days_apart, v_day - v_days[1]);
        v_weeks_apart := gcd(v_weeks_apart, (date_trunc('week', v_day)::date - v_monday) / 7);
        v_months_apart := gcd(
            v_months_apart,
            (
                (extract(year from v_day) - extract(year from v_first)) * 12
                + extract(month from v_day) - extract(month from v_first)
            )::integer
        );
        v_is_day_of_month := v_is_day_of_month and extract(day from v_day) = extract(day from v_first);
        v_is_ordinal := v_is_ordinal
            and extract(isodow from v_day) = extract(isodow from v_first)
            and (extract(day from v_day)::integer + 6) / 7 = v_ordinal;
        v_is_last := v_is_last
            and extract(isodow from v_day) = extract(isodow from v_first)
            and extract(month from v_day + 7) <> extract(month from v_day);
    end loop;

    v_candidates := array_remove(
        array[
            (
                select
                    format(
                        'FREQ=WEEKLY;INTERVAL=%s;BYDAY=%s',
                        greatest(v_weeks_apart, 1),
                        string_agg(c_weekdays[used.weekday], ',' order by used.weekday)
                    )
                from (select distinct extract(isodow from day)::integer as weekday from unnest(v_days) as day) as used
                having count(*) < 7
            ),
            'FREQ=DAILY;INTERVAL=' || greatest(v_days_apart, 1),
            case
                when v_is_ordinal and v_months_apart > 0
                    then format(
                        'FREQ=MONTHLY;INTERVAL=%s;BYDAY=%s%s',
                        v_months_apart, v_ordinal, c_weekdays[extract(isodow from v_first)]
                    )
            end,
            case
                when v_is_last and v_months_apart > 0
                    then format(
                        'FREQ=MONTHLY;INTERVAL=%s;BYDAY=-1%s', v_months_apart, c_weekdays[extract(isodow from v_first)]
                    )
            end,
            case
                when v_is_day_of_month and v_months_apart > 0
                    then format(
                        'FREQ=MONTHLY;INTERVAL=%s;BYMONTHDAY=%s', v_months_apart, extract(day from v_first)
                    )
            end
        ],
        null
    );
    foreach v_candidate in array v_candidates loop
        -- UNTIL is in UTC beside a DTSTART with a zone (RFC 5545, section 3.3.10).
        v_candidate := replace(v_candidate || ';UNTIL=' || private.ical_utc(v_last), ';INTERVAL=1;', ';');
        select array_agg(occurrence.start_time) into v_dates
        from private.expand_rrule(v_candidate, starts[1], timezone, c_most_dates + 1) as occurrence;
        v_excluded := array(
            select listed.start_time from unnest(v_dates) as listed (start_time)
            where listed.start_time <> all(starts)
            order by listed.start_time
        );
        if cardinality(v_dates) <= c_most_dates
            and (v_rule is null or cardinality(v_excluded) < cardinality(v_fewest))
        then
            v_rule := v_candidate;
            v_fewest := v_excluded;
        end if;
        exit when v_rule is not null and cardinality(v_fewest) = 0;
    end loop;

    return concat(
        private.ical_fold('RRULE:' || v_rule) || E'\r\n',
        (
            select string_agg(private.ical_time('EXDATE', excluded, timezone) || E'\r\n', '' order by excluded)
            from unnest(v_fewest) as excluded
        ),
        (
            select string_agg(private.ical_time('RDATE', added, timezone) || E'\r\n', '' order by added)
            from unnest(starts) as added
            where
                added <> starts[1]
                and (
                    v_rule is null
                    or private.local_to_instant(
                        (added at time zone timezone)::date + v_first::time, timezone
                    ) <> added
                )
        )
    );
end
$$;
comment on function private.ical_recurrence(timestamptz[], text) is
    'RRULE, EXDATE and RDATE lines that give exactly these starts, the first of which is DTSTART; in order, CRLF line ends.';
revoke execute on function private.ical_recurrence(timestamptz[], text) from public;
