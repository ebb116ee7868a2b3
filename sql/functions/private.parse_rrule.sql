-- What is not understood is refused, never passed over: a part left out in silence would move every date.
create function private.parse_rrule(rule text)
returns private.rrule
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_longest constant integer := 1000;
    c_parts constant text[] := array[
        'FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYDAY', 'BYMONTHDAY', 'BYMONTH', 'BYSETPOS', 'WKST'
    ];
    c_weekdays constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    v_rrule private.rrule;
    v_values jsonb := '{}'::jsonb;
    v_item text;
    v_part text;
    v_value text;
begin
    if length(rule) > c_longest then
        perform private.recurrence_refusal(
            'rrule', rule, format('is longer than %s characters', c_longest),
            'Shorten its lists, or make several series.'
        );
    end if;
    v_value := regexp_replace(upper(btrim(coalesce(rule, '')) collate "C"), '^RRULE:', '');
    foreach v_item in array string_to_array(v_value, ';') loop
        v_part := split_part(v_item, '=', 1);
        v_value := substr(v_item, length(v_part) + 2);
        if v_part = '' then
            perform private.recurrence_refusal(
                'rrule', rule, 'has an empty part',
                'Put a semicolon between two parts only, as in FREQ=WEEKLY;BYDAY=MO.'
            );
        elsif v_part in ('BYSECOND', 'BYMINUTE', 'BYHOUR', 'BYYEARDAY', 'BYWEEKNO') then
            perform private.recurrence_refusal(
                v_part, v_value, 'is not supported',
                format('Use %s. The time of day is that of the start.', array_to_string(c_parts, ', '))
            );
        elsif v_part <> all(c_parts) then
            perform private.recurrence_refusal(
                v_part, nullif(v_value, ''), 'is not a part of a recurrence rule',
                format('Use %s, as in FREQ=WEEKLY;BYDAY=MO;COUNT=10.', array_to_string(c_parts, ', '))
            );
        elsif v_value = '' then
            perform private.recurrence_refusal(v_part, v_value, 'has no value', 'Give it one, or leave it out.');
        elsif v_values ? v_part then
            perform private.recurrence_refusal(
                v_part, v_value, 'stands there twice', 'Give each part once; lists have commas.'
            );
        end if;
        v_values := v_values || jsonb_build_object(v_part, v_value);
    end loop;

    v_value := v_values ->> 'FREQ';
    if v_value is null then
        perform private.recurrence_refusal('FREQ', null, 'is missing', 'Add FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.');
    elsif v_value in ('HOURLY', 'MINUTELY', 'SECONDLY') then
        perform private.recurrence_refusal(
            'FREQ', v_value, 'is not supported', 'Use DAILY, WEEKLY, MONTHLY or YEARLY.'
        );
    elsif v_value not in ('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY') then
        perform private.recurrence_refusal('FREQ', v_value, 'is not valid', 'Use DAILY, WEEKLY, MONTHLY or YEARLY.');
    end if;
    v_rrule.freq := v_value;

    v_value := v_values ->> 'INTERVAL';
    v_rrule.step := coalesce(private.rrule_number('INTERVAL', v_value, v_value, 1, 10000), 1);

    v_value := v_values ->> 'COUNT';
    v_rrule.count := private.rrule_number('COUNT', v_value, v_value, 1, 999999999);

    v_value := v_values ->> 'UNTIL';
    v_rrule.until_date := private.iso_date(substring(v_value from '^[0-9]{8}$'));
    v_rrule.until_time := private.iso_instant(substring(v_value from '^[0-9]{8}T[0-9]{6}Z$'));
    if v_value is not null and v_rrule.until_date is null and v_rrule.until_time is null then
        perform private.recurrence_refusal(
            'UNTIL', v_value, 'is not valid', 'Write a date, 20261231, or a time in UTC, 20261231T235959Z.'
        );
    elsif v_value is not null and v_rrule.count is not null then
        perform private.recurrence_refusal(
            'UNTIL', v_value, format('contradicts COUNT=%s', v_rrule.count),
            'Give one of COUNT and UNTIL, or neither.'
        );
    end if;

    v_value := v_values ->> 'BYMONTH';
    v_rrule.by_month := (
        select array_agg(distinct private.rrule_number('BYMONTH', v_value, item.number, 1, 12))
        from string_to_table(v_value, ',') as item (number)
    );

    v_value := v_values ->> 'BYMONTHDAY';
    v_rrule.by_month_day := (
        select array_agg(distinct private.rrule_number('BYMONTHDAY', v_value, item.number, -31, 31))
        from string_to_table(v_value, ',') as item (number)
    );
    if v_value is not null and v_rrule.freq = 'WEEKLY' then
        perform private.recurrence_refusal(
            'BYMONTHDAY', v_value, 'contradicts FREQ=WEEKLY', 'Use FREQ=MONTHLY, or BYDAY for days of the week.'
        );
    elsif v_value is not null and not exists (
        select from unnest(v_rrule.by_month_day) as day (number)
        cross join unnest(coalesce(v_rrule.by_month, '{1}')) as month (number)
        where abs(day.number) <= case
            when month.number = 2 then 29
            when month.number in (4, 6, 9, 11) then 30
            else 31
        end
    ) then
        perform private.recurrence_refusal(
            'BYMONTHDAY', v_value, format('contradicts BYMONTH=%s: there is no such day', v_values ->> 'BYMONTH'),
            'Use days that the months have; -1 is the last day of each.'
        );
    end if;

    v_value := v_values ->> 'BYDAY';
    foreach v_item in array coalesce(string_to_array(v_value, ','), '{}') loop
        if v_item !~ '^([+-]?(0?[1-9]|[1-4][0-9]|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)$' then
            perform private.recurrence_refusal(
                'BYDAY', v_value, format('names "%s", which is not valid', left(v_item, 40)),
                'Use MO, TU, WE, TH, FR, SA, SU; 1MO is the first Monday, -1FR the last Friday, of a month or a year.'
            );
        elsif length(v_item) > 2 and v_rrule.freq in ('DAILY', 'WEEKLY') then
            perform private.recurrence_refusal(
                'BYDAY', v_value,
                format('contradicts FREQ=%s: only a month or a year has a %s', v_rrule.freq, v_item),
                'Leave the number away, or use FREQ=MONTHLY or FREQ=YEARLY.'
            );
        end if;
        v_rrule.by_weekday := v_rrule.by_weekday || (array_position(c_weekdays, right(v_item, 2)) - 1);
        v_rrule.by_ordinal := v_rrule.by_ordinal || nullif(left(v_item, -2), '')::integer;
    end loop;

    v_value := v_values ->> 'BYSETPOS';
    v_rrule.by_set_pos := (
        select array_agg(distinct private.rrule_number('BYSETPOS', v_value, item.number, -366, 366))
        from string_to_table(v_value, ',') as item (number)
    );
    if v_value is not null and not v_values ?| array['BYDAY', 'BYMONTHDAY', 'BYMONTH'] then
        perform private.recurrence_refusal(
            'BYSETPOS', v_value, 'has nothing to choose from',
            'Add BYDAY, BYMONTHDAY or BYMONTH, or leave BYSETPOS out.'
        );
    end if;

    v_value := coalesce(v_values ->> 'WKST', 'MO');
    v_rrule.week_start := array_position(c_weekdays, v_value) - 1;
    if v_rrule.week_start is null then
        perform private.recurrence_refusal('WKST', v_value, 'is not valid', 'Use one of MO, TU, WE, TH, FR, SA, SU.');
    end if;
    return v_rrule;
end
$$;
comment on function private.parse_rrule(text) is
    'The parts of an RFC 5545 recurrence rule, such as FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10. Unknown, unsupported, repeated and contradictory parts are refused by name: 22023.';
revoke execute on function private.parse_rrule(text) from public;
