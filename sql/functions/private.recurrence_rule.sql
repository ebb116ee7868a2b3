-- The API's JSON becomes a rule that calendar programs understand too: UNTIL is written in UTC, which RFC 5545 demands
-- beside a start in a time zone, and where a date was given it is the last second of that day in the zone.
create function private.recurrence_rule(recurrence jsonb, start_time timestamptz, timezone text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_keys constant text[] := array['pattern', 'days', 'count', 'until', 'rrule', 'exdates'];
    c_weekdays constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    v_given jsonb;
    v_key text;
    v_value text;
    v_start_date date;
    v_nth integer;
    v_rule text;
    v_rrule private.rrule;
begin
    if start_time is null or extract(year from start_time) not between 1900 and 9998 then
        perform private.recurrence_refusal(
            'start_time', start_time::text, 'is not a time to start at', 'Send an instant in the years 1900 to 9998.'
        );
    elsif not exists (select from private.time_zones as zone where zone.name = recurrence_rule.timezone) then
        perform private.recurrence_refusal(
            'timezone', timezone, 'is not an IANA time zone', 'Send a name such as Europe/Berlin, or UTC.'
        );
    elsif jsonb_typeof(recurrence) is distinct from 'object' then
        perform private.recurrence_refusal(
            'recurrence', recurrence::text, 'is not a JSON object',
            'Send {"pattern": "weekly", "days": ["MO"], "count": 10} or {"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=10"}.'
        );
    end if;
    v_start_date := (start_time at time zone timezone)::date;
    v_given := jsonb_strip_nulls(recurrence);
    v_key := (select min(key) from jsonb_object_keys(v_given) as key where key <> all(c_keys));
    if v_key is not null then
        perform private.recurrence_refusal(
            v_key, v_given ->> v_key, 'is not a key of a recurrence', format('Use %s.', array_to_string(c_keys, ', '))
        );
    end if;

    if v_given ? 'rrule' then
        v_key := (select min(key) from jsonb_object_keys(v_given) as key where key not in ('rrule', 'exdates'));
        if v_key is not null then
            perform private.recurrence_refusal(
                v_key, v_given ->> v_key, 'cannot stand beside rrule',
                'Say it in the rule, or use pattern instead of rrule.'
            );
        end if;
        if jsonb_typeof(v_given -> 'rrule') <> 'string' then
            perform private.recurrence_refusal(
                'rrule', v_given ->> 'rrule', 'is not a text', 'Send a rule such as "FREQ=WEEKLY;BYDAY=MO;COUNT=10".'
            );
        end if;
        v_rule := regexp_replace(upper(btrim(v_given ->> 'rrule') collate "C"), '^RRULE:', '');
    else
        v_value := v_given ->> 'pattern';
        v_rule := case v_value
            when 'weekly' then 'FREQ=WEEKLY'
            when 'biweekly' then 'FREQ=WEEKLY;INTERVAL=2'
            when 'monthly' then 'FREQ=MONTHLY'
        end;
        if v_rule is null then
            perform private.recurrence_refusal(
                'pattern', v_value, case when v_value is null then 'is missing' else 'is not known' end,
                'Use weekly, biweekly or monthly; anything else can be said with rrule.'
            );
        end if;

        if v_given ? 'days' then
            v_value := (v_given -> 'days')::text;
            if jsonb_typeof(v_given -> 'days') <> 'array' or v_given -> 'days' = '[]' then
                perform private.recurrence_refusal(
                    'days', v_value, 'is not a list of weekdays', 'Send a list such as ["MO", "WE"], or leave days out.'
                );
            end if;
            v_key := (
                select min(day::text)
                from jsonb_array_elements(v_given -> 'days') as day
                where day <> all(array(select to_jsonb(weekday) from unnest(c_weekdays) as weekday))
            );
            if v_key is not null then
                perform private.recurrence_refusal(
                    'days', v_value, format('names %s, which is no weekday', left(v_key, 40)),
                    'Use MO, TU, WE, TH, FR, SA and SU.'
                );
            end if;
            -- Monthly weekdays are those of the week of the month that the start lies in. A fifth one is the
            -- last: few months have five.
            if v_given ->> 'pattern' = 'monthly' then
                v_nth := (extract(day from v_start_date)::integer - 1) / 7 + 1;
                v_nth := case when v_nth = 5 then -1 else v_nth end;
            end if;
            v_rule := v_rule || ';BYDAY=' || (
                select string_agg(concat(v_nth, day.name), ',' order by day.number)
                from unnest(c_weekdays) with ordinality as day (name, number)
                where v_given -> 'days' ? day.name
            );
        end if;

        v_value := (v_given -> 'count')::text;
        if v_value is not null then
            if v_value !~ '^[1-9][0-9]{0,8}$' then
                perform private.recurrence_refusal('count', v_value, 'is not valid', 'Send a whole number from 1 on.');
            end if;
            v_rule := v_rule || ';COUNT=' || v_value;
        end if;

        v_value := v_given ->> 'until';
        if v_value is not null then
            if private.iso_date(v_value) is null then
                perform private.recurrence_refusal(
                    'until', v_value, 'is not a date', 'Send the last day, such as "2026-12-31".'
                );
            elsif v_given ? 'count' then
                perform private.recurrence_refusal(
                    'until', v_value, format('contradicts count=%s', v_given ->> 'count'),
                    'Send one of count and until, or neither.'
                );
            end if;
            v_rule := v_rule || ';UNTIL=' || translate(v_value, '-', '');
        end if;
    end if;

    v_rrule := private.parse_rrule(v_rule);
    if v_rrule.until_date < v_start_date or v_rrule.until_time < start_time then
        perform private.recurrence_refusal(
            case when v_given ? 'until' then 'until' else 'UNTIL' end,
            coalesce(v_given ->> 'until', substring(v_rule from 'UNTIL=([0-9TZ]*)')),
            'is before the start', 'Let the recurrence end on the day of start_time or later.'
        );
    elsif v_rrule.until_date is not null then
        v_rule := regexp_replace(
            v_rule,
            'UNTIL=[0-9]*',
            'UNTIL=' || private.ical_utc(
                least(
                    private.local_to_instant(v_rrule.until_date + 1, timezone) - interval '1 second',
                    '9999-12-31T23:59:59Z'
                )
            )
        );
    end if;
    return v_rule;
end
$$;
comment on function private.recurrence_rule(jsonb, timestamptz, text) is
    'The RFC 5545 rule of a recurrence as the API takes it: pattern (weekly, biweekly, monthly), days, count or until; or rrule. Checks start_time and timezone too. What is wrong is refused by name: 22023. The key exdates is private.recurrence_exdates'' business.';
revoke execute on function private.recurrence_rule(jsonb, timestamptz, text) from public;
