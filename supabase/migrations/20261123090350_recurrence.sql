-- Recurrence rules (RFC 5545): from a rule to its dates.

-- == Recurrence ======================================================================================================

-- One date of a recurrence: what preview_recurrence answers, one row each.
create type public.recurrence_date as (
    start_time timestamptz,
    local_start timestamp -- what the clock in the session's own zone shows at start_time
);
comment on type public.recurrence_date is
    'One date of a recurrence: the instant it starts, and the wall-clock time in the session''s own zone at that instant.';

-- A recurrence rule (RFC 5545, section 3.3.10) that private.parse_rrule found valid; a part that was not given is null.
create type private.rrule as (
    freq text, -- DAILY, WEEKLY, MONTHLY or YEARLY
    step integer, -- INTERVAL; 1 where it was not given
    count integer,
    until_date date, -- the last day, in the zone of the start; or …
    until_time timestamptz, -- … the last instant
    by_month integer [],
    by_month_day integer [], -- -1 is the last day
    by_weekday integer [], -- Monday is 0
    by_ordinal integer [], -- beside by_weekday: its number in the month or year, null for each
    by_set_pos integer [],
    week_start integer -- WKST; Monday, 0, where it was not given
);
comment on type private.rrule is 'A parsed, valid RFC 5545 recurrence rule.';

-- Where to look for the dates of a rule. Its periods (a year of a YEARLY rule, a week of a WEEKLY one) are numbered
-- from 0, the one the start lies in. A period has one frame or several (the months of a year), and a date is an entry
-- of a frame: its nth day, or its nth Tuesday, counted from the end where negative.
create type private.rrule_grid as (
    start_date date,
    first_frame date, -- where period 0 begins
    period_months integer, -- from one period to the next; or …
    period_days integer, -- … where periods are counted in days
    frame_months integer,
    frame_days integer,
    month_offsets integer [], -- the frames of a period, in months from its beginning
    weekdays integer [], -- beside entries: which weekday is counted; null or missing: days are
    entries integer [],
    not_before date, -- earlier days do not count for BYSETPOS either
    by_month integer [],
    by_month_day integer [],
    every_days integer, -- keep days that are a multiple of this away from the start
    by_set_pos integer [],
    repeats_after integer -- so many periods are 400 years, or a multiple: what has not matched then never will
);
comment on type private.rrule_grid is 'A recurrence rule and its first day, made ready for private.rrule_days to search.';

-- A local time that the clock skips is taken with the offset before the gap, one that it shows twice is the first
-- (RFC 5545, section 3.3.5). Plain `at time zone` agrees on the former and picks the second of the latter.
create function private.local_to_instant(local_time timestamp, timezone text)
returns timestamptz
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last timestamptz := local_time at time zone timezone;
    -- A day earlier: no clock was ever put back by more than that, so if it was put back since, this moment has the
    -- offset of before.
    v_day_before timestamptz := v_last - interval '24 hours';
    v_first timestamptz;
begin
    if v_day_before at time zone timezone = local_time - interval '24 hours' then
        return v_last;
    end if;
    v_first := (
        local_time - (v_day_before at time zone timezone - v_day_before at time zone 'UTC')
    ) at time zone 'UTC';
    if v_first < v_last and v_first at time zone timezone = local_time then
        return v_first;
    end if;
    return v_last;
end
$$;
comment on function private.local_to_instant(timestamp, text) is
    'The instant at which clocks in the zone show this local time: the first of two; where it is skipped, as if the clock had not been moved (RFC 5545, section 3.3.5).';
revoke execute on function private.local_to_instant(timestamp, text) from public;

create function private.iso_date(value text)
returns date
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Postgres would also take 'today', '31/12/2026' and much more.
    if value ~ '^[0-9]{4}-?[0-9]{2}-?[0-9]{2}$' then
        return value::date;
    end if;
    return null;
exception
    when data_exception then
        return null;
end
$$;
comment on function private.iso_date(text) is 'A date in ISO 8601, 2026-12-31 or 20261231; null for anything else, impossible dates included.';
revoke execute on function private.iso_date(text) from public;

create function private.iso_instant(value text)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- The offset is required: without one the connection's time zone would decide. The time of day is checked here:
    -- Postgres takes 250000 for 01:00 of the day after.
    if value ~* concat(
        '^[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ]',
        '([01][0-9]|2[0-3]):?[0-5][0-9](:?[0-5][0-9]([.][0-9]+)?)?',
        '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'
    ) then
        return value::timestamptz;
    end if;
    return null;
exception
    when data_exception then
        return null;
end
$$;
comment on function private.iso_instant(text) is
    'An instant in ISO 8601 with Z or an offset, such as 2026-12-31T18:00:00Z; null for anything else, impossible times included.';
revoke execute on function private.iso_instant(text) from public;

-- One wording for all that can be wrong with a recurrence, whether it is a rule of RFC 5545 or the API's JSON.
-- Not immutable: a planner, or plpgsql_check, may call an immutable function to see what it gives.
create function private.recurrence_refusal(part text, value text, problem text, remedy text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '22023',
        message = concat_ws(' ', left(part, 40) || coalesce('=' || left(value, 80), ''), problem),
        detail = 'recurrence, part ' || left(part, 40),
        hint = remedy;
end
$$;
comment on function private.recurrence_refusal(text, text, text, text) is
    'Raises 22023 for a recurrence: its part and the value (null: none), the problem, and the remedy as the hint.';
revoke execute on function private.recurrence_refusal(text, text, text, text) from public;

-- One number of a rule. Where the lowest is negative, both signs are allowed.
create function private.rrule_number(part text, value text, number text, lowest integer, highest integer)
returns integer
language plpgsql
immutable
returns null on null input
set search_path = pg_catalog, pg_temp
as $$
begin
    if number !~ (case when lowest < 0 then '^[+-]?[0-9]{1,9}$' else '^[0-9]{1,9}$' end)
        or number::integer not between lowest and highest
        or number::integer = 0
    then
        perform private.recurrence_refusal(
            part, value,
            case
                when number = value then 'is not valid'
                else format('names "%s", which is not valid', left(number, 40))
            end,
            case
                when lowest < 0 then format('Use 1 to %s, or -1 to %s counted from the end.', highest, lowest)
                else format('Use a whole number from %s to %s.', lowest, highest)
            end
        );
    end if;
    return number::integer;
end
$$;
comment on function private.rrule_number(text, text, text, integer, integer) is
    'A number that stands in the value of a rule''s part; refused by name when it is 0 or not from lowest to highest.';
revoke execute on function private.rrule_number(text, text, text, integer, integer) from public;

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

-- All that differs between the frequencies is decided here. The days that a rule leaves open come from the start.
create function private.rrule_grid(rrule private.rrule, start_date date)
returns private.rrule_grid
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Days since a Monday.
    v_weekday integer := (start_date - date '0001-01-01') % 7;
    v_month integer := extract(month from start_date)::integer;
    v_day integer := extract(day from start_date)::integer;
    v_grid private.rrule_grid;
begin
    v_grid.start_date := start_date;
    v_grid.by_month := rrule.by_month;
    v_grid.by_month_day := rrule.by_month_day;
    v_grid.by_set_pos := rrule.by_set_pos;
    v_grid.month_offsets := '{0}';

    case
        when rrule.freq = 'YEARLY' and rrule.by_weekday is not null and rrule.by_month is null then
            v_grid.first_frame := date_trunc('year', start_date::timestamp)::date;
            v_grid.period_months := 12 * rrule.step;
            v_grid.frame_months := 12;
        when rrule.freq = 'YEARLY' then
            v_grid.first_frame := date_trunc('year', start_date::timestamp)::date;
            v_grid.period_months := 12 * rrule.step;
            v_grid.frame_months := 1;
            v_grid.month_offsets := (
                select array_agg(month - 1)
                from generate_series(1, 12) as month
                where case
                    when rrule.by_month is not null then month = any(rrule.by_month)
                    else rrule.by_month_day is not null or month = v_month
                end
            );
            v_grid.by_month := null;
        when rrule.freq = 'MONTHLY' then
            v_grid.first_frame := date_trunc('month', start_date::timestamp)::date;
            v_grid.period_months := rrule.step;
            v_grid.frame_months := 1;
        when rrule.freq = 'WEEKLY' then
            v_grid.first_frame := start_date - (v_weekday - rrule.week_start + 7) % 7;
            v_grid.period_days := 7 * rrule.step;
            v_grid.frame_days := 7;
        -- A daily rule that names months or days of them is searched by the month: counting up days would take seconds
        -- to find the next Monday that is a 29 February.
        when num_nonnulls(rrule.by_month, rrule.by_month_day) > 0 and rrule.by_set_pos is null and rrule.step <= 31 then
            v_grid.first_frame := date_trunc('month', start_date::timestamp)::date;
            v_grid.period_months := 1;
            v_grid.frame_months := 1;
            v_grid.every_days := rrule.step;
        else
            v_grid.first_frame := start_date;
            v_grid.period_days := rrule.step;
            v_grid.frame_days := 1;
    end case;

    case
        when rrule.by_weekday is not null then
            select array_agg(day.weekday), array_agg(nth)
            into v_grid.weekdays, v_grid.entries
            from unnest(rrule.by_weekday, rrule.by_ordinal) as day (weekday, ordinal)
            cross join generate_series(
                coalesce(day.ordinal, 1),
                coalesce(day.ordinal, case v_grid.frame_months when 12 then 53 when 1 then 5 else 1 end)
            ) as nth;
        when rrule.freq = 'WEEKLY' then
            v_grid.weekdays := array[v_weekday];
            v_grid.entries := '{1}';
        when v_grid.frame_months = 1 and rrule.by_month_day is not null then
            v_grid.entries := rrule.by_month_day;
            v_grid.by_month_day := null;
        when v_grid.frame_months = 1 and rrule.freq = 'DAILY' then
            v_grid.entries := array(select generate_series(1, 31));
        when v_grid.frame_months = 1 then
            v_grid.entries := array[v_day];
        else
            v_grid.entries := '{1}';
    end case;

    -- The days of a week before the start do not count, as in dateutil; those of a month or a year do.
    v_grid.not_before := case when v_grid.period_days is null then v_grid.first_frame else start_date end;

    -- The calendar repeats every 400 years: 4,800 months, 146,097 days.
    v_grid.repeats_after := case
        when v_grid.period_days is not null then 146097 / gcd(146097, v_grid.period_days)
        else 4800 / gcd(4800, v_grid.period_months) * coalesce(v_grid.every_days / gcd(146097, v_grid.every_days), 1)
    end;
    return v_grid;
end
$$;
comment on function private.rrule_grid(private.rrule, date) is
    'Where to look for the dates of a rule that starts on this day, in the zone of the start.';
revoke execute on function private.rrule_grid(private.rrule, date) from public;

create function private.rrule_period(grid private.rrule_grid, day date)
returns integer
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if grid.period_days is not null then
        return (day - grid.first_frame) / grid.period_days;
    end if;
    return (
        12 * (extract(year from day) - extract(year from grid.first_frame))
        + extract(month from day) - extract(month from grid.first_frame)
    )::integer / grid.period_months;
end
$$;
comment on function private.rrule_period(private.rrule_grid, date) is
    'The number of the period that a day lies in, or lies after: 0 is the period of the start.';
revoke execute on function private.rrule_period(private.rrule_grid, date) from public;

-- Set-based, over many periods at once: a statement for each period would cost more than its dates. The steps are
-- materialized because the planner would work out each day once for every place that names it. Plans are made once, not
-- anew for other numbers.
create function private.rrule_days(grid private.rrule_grid, first_period integer, last_period integer)
returns date[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = 'force_generic_plan'
as $$
declare
    c_monday constant date := date '0001-01-01';
    v_days date[];
begin
    with frame_start as materialized (
        select
            period,
            case
                when grid.period_days is not null then grid.first_frame + period * grid.period_days
                else (grid.first_frame + make_interval(months => period * grid.period_months + month_offset))::date
            end as first_day
        from generate_series(first_period, last_period) as period
        cross join unnest(grid.month_offsets) as month_offset
    ),
    frame as materialized (
        select
            period,
            first_day,
            (first_day - c_monday) % 7 as first_weekday,
            case
                when grid.frame_days is not null then first_day + grid.frame_days - 1
                else (first_day + make_interval(months => grid.frame_months))::date - 1
            end as last_day
        from frame_start
        where
            grid.by_month is null
            or grid.frame_months is distinct from 1
            or extract(month from first_day)::integer = any(grid.by_month)
    ),
    listed as materialized (
        select
            frame.period,
            case
                when entry.weekday is null and entry.nth > 0 then frame.first_day + entry.nth - 1
                when entry.weekday is null then frame.last_day + entry.nth + 1
                when entry.nth > 0 then
                    frame.first_day + (entry.weekday - frame.first_weekday + 7) % 7 + 7 * (entry.nth - 1)
                else
                    frame.last_day - ((frame.last_day - c_monday) % 7 - entry.weekday + 7) % 7 + 7 * (entry.nth + 1)
            end as day,
            greatest(frame.first_day, grid.not_before) as first_day,
            frame.last_day
        from frame
        cross join unnest(grid.weekdays, grid.entries) as entry (weekday, nth)
    ),
    candidate as materialized (
        -- Distinct: the 31st may also be the last day, and a Monday the first Monday.
        select distinct
            period,
            day
        from listed
        where
            day between first_day and last_day
            and (
                grid.by_month is null
                or grid.frame_months = 1
                or extract(month from day)::integer = any(grid.by_month)
            )
            and (
                grid.by_month_day is null
                or extract(day from day)::integer = any(grid.by_month_day)
                or day - (date_trunc('month', day::timestamp) + interval '1 month')::date = any(grid.by_month_day)
            )
            and (grid.every_days is null or (day - grid.start_date) % grid.every_days = 0)
    ),
    chosen as (
        select day
        from candidate
        where grid.by_set_pos is null
        union all
        -- Distinct: the second may also be the last but one.
        select distinct of_period.days[case when place > 0 then place else cardinality(of_period.days) + 1 + place end]
        from (
            select array_agg(day order by day) as days
            from candidate
            where grid.by_set_pos is not null
            group by period
        ) as of_period
        cross join unnest(grid.by_set_pos) as place
    )
    select array_agg(day order by day) into v_days
    from chosen
    where day >= grid.start_date;
    return coalesce(v_days, '{}');
end
$$;
comment on function private.rrule_days(private.rrule_grid, integer, integer) is
    'The days on which a rule has a date, of the periods from first_period (0 is that of the start) to last_period, in order.';
revoke execute on function private.rrule_days(private.rrule_grid, integer, integer) from public;

-- In blocks of periods that double: ten dates of a rule without end cost what ten dates cost, and a thousand take few
-- statements. A rule that has matched nothing for as long as the calendar takes to repeat itself never will; one whose
-- dates would keep the server busy for seconds is given up.
create function private.expand_rrule(
    rule text,
    start_time timestamptz,
    timezone text,
    max_dates integer default null,
    from_time timestamptz default null,
    to_time timestamptz default null
)
returns setof public.recurrence_date
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = 'force_generic_plan'
as $$
declare
    c_most_dates constant integer := 1000;
    c_last_day constant date := date '9999-12-31';
    c_most_at_once constant integer := 20000;
    c_most_entries constant integer := 1000000;
    v_rrule private.rrule := private.parse_rrule(rule);
    -- Fractions of a second have no place in RFC 5545.
    v_local_start timestamp := date_trunc('second', start_time at time zone timezone);
    v_grid private.rrule_grid := private.rrule_grid(v_rrule, v_local_start::date);
    v_last_day date := least(
        c_last_day,
        v_rrule.until_date,
        (v_rrule.until_time at time zone timezone)::date + 1,
        (to_time at time zone timezone)::date + 1
    );
    v_last_period integer := private.rrule_period(v_grid, v_last_day);
    v_period integer := 0;
    v_entries_per_period integer := cardinality(v_grid.month_offsets) * cardinality(v_grid.entries);
    v_most_periods integer := c_most_at_once / v_entries_per_period + 1;
    v_block integer;
    v_days date[];
    v_unmatched integer := 0;
    v_looked_at integer := 0;
    v_left_to_count integer := v_rrule.count;
    v_left_to_answer integer := coalesce(max_dates, c_most_dates + 1);
    v_answered integer;
begin
    -- Where nothing is counted, the periods before from_time need not be looked at.
    if from_time is not null and v_rrule.count is null then
        v_period := greatest(0, private.rrule_period(v_grid, (from_time at time zone timezone)::date - 1));
    end if;

    -- As many periods as give what is asked for if every entry of each is a date.
    v_block := least(v_most_periods, least(v_left_to_count, v_left_to_answer) / v_entries_per_period + 1);
    while v_period <= v_last_period
        and v_left_to_answer > 0
        and v_left_to_count is distinct from 0
        and v_unmatched <= v_grid.repeats_after
    loop
        v_days := private.rrule_days(v_grid, v_period, least(v_period + v_block - 1, v_last_period));
        v_unmatched := case when cardinality(v_days) = 0 then v_unmatched + v_block else 0 end;
        v_period := v_period + v_block;
        v_looked_at := v_looked_at + v_block * v_entries_per_period;
        v_block := least(2 * v_block, v_most_periods);
        if v_left_to_count is not null then
            v_days := v_days[:v_left_to_count];
            v_left_to_count := v_left_to_count - cardinality(v_days);
        end if;

        return query
        select
            occurrence.start_time,
            occurrence.start_time at time zone timezone
        from unnest(v_days) as listed (day)
        cross join lateral (select listed.day + v_local_start::time as local_time) as wall_clock
        cross join lateral (
            select private.local_to_instant(wall_clock.local_time, timezone) as start_time
        ) as occurrence
        where
            listed.day <= v_last_day
            and (v_rrule.until_time is null or occurrence.start_time <= v_rrule.until_time)
            and (from_time is null or occurrence.start_time >= from_time)
            and (to_time is null or occurrence.start_time < to_time)
        order by listed.day
        limit v_left_to_answer;
        get diagnostics v_answered = row_count;
        v_left_to_answer := v_left_to_answer - v_answered;
        if v_looked_at > c_most_entries and v_left_to_answer > 0 then
            raise exception using
                errcode = '22023',
                message = 'the dates of the recurrence lie too far apart',
                detail = left(rule, 200),
                hint = 'Ask for fewer dates, or let them come more often.';
        end if;
    end loop;

    if max_dates is null and v_left_to_answer = 0 then
        raise exception using
            errcode = '22023',
            message = format('the recurrence has more than %s dates', c_most_dates),
            detail = left(rule, 200),
            hint = 'Let it end sooner, with COUNT or UNTIL, or make a second series of the rest.';
    end if;
end
$$;
comment on function private.expand_rrule(text, timestamptz, text, integer, timestamptz, timestamptz) is
    'The dates of an RFC 5545 rule in order, from_time <= start_time < to_time, at most max_dates of them; COUNT counts from the start all the same. Wall-clock time in the zone is kept. The first is the start only if it matches, as in dateutil; the last day is 9999-12-31. A null max_dates means all: 22023 beyond 1,000.';
revoke execute on function private.expand_rrule(text, timestamptz, text, integer, timestamptz, timestamptz) from public;

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

-- Days, because a rule has at most one date on a day. An instant must be one of a date: anything else would exclude
-- nothing, in silence.
create function private.recurrence_exdates(recurrence jsonb, start_time timestamptz, timezone text)
returns date[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_exdates constant integer := 1000;
    v_exdates jsonb := coalesce(nullif(recurrence -> 'exdates', 'null'), '[]');
    v_time_of_day time := date_trunc('second', start_time at time zone timezone)::time;
    v_item text;
    v_instant timestamptz;
    v_date date;
    v_dates date[] := '{}'::date[];
begin
    if jsonb_typeof(v_exdates) <> 'array' then
        perform private.recurrence_refusal(
            'exdates', v_exdates::text, 'is not a list of dates', 'Send a list such as ["2026-12-24", "2026-12-31"].'
        );
    elsif jsonb_array_length(v_exdates) > c_most_exdates then
        perform private.recurrence_refusal(
            'exdates', null, format('has more than %s dates', c_most_exdates), 'Use a rule that leaves them out.'
        );
    end if;
    for v_item in select item from jsonb_array_elements_text(v_exdates) as item loop
        v_instant := private.iso_instant(v_item);
        v_date := coalesce(private.iso_date(v_item), (v_instant at time zone timezone)::date);
        if v_date is null then
            perform private.recurrence_refusal(
                'exdates', coalesce(v_item, 'null'), 'is not a date',
                'Send days such as "2026-12-24", or the start_time of dates.'
            );
        elsif v_instant <> private.local_to_instant(v_date + v_time_of_day, timezone) then
            perform private.recurrence_refusal(
                'exdates', v_item, 'is not at the time of day of the start',
                'Send the day alone, such as "2026-12-24".'
            );
        end if;
        v_dates := v_dates || v_date;
    end loop;
    return v_dates;
end
$$;
comment on function private.recurrence_exdates(jsonb, timestamptz, text) is
    'The days that a recurrence leaves out, in the zone of the start: its key exdates, a list of dates or of the instants of its dates. What is wrong is refused by name: 22023.';
revoke execute on function private.recurrence_exdates(jsonb, timestamptz, text) from public;

-- The key says what to do with the dates, not which they are.
create function private.without_on_clash(recurrence jsonb)
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when jsonb_typeof(recurrence) = 'object' then recurrence - 'on_clash' else recurrence end;
end
$$;
comment on function private.without_on_clash(jsonb) is 'A recurrence without its key on_clash, which private.skips_clashes reads.';
revoke execute on function private.without_on_clash(jsonb) from public;

create function private.skips_clashes(given jsonb)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_on_clash constant text := given ->> 'on_clash';
begin
    if v_on_clash not in ('refuse', 'skip') then
        raise exception using
            errcode = '22023',
            message = format('on_clash must be refuse or skip, not %s', quote_literal(left(v_on_clash, 60))),
            hint = 'Leave it out to be told of every clash, or send skip to leave out the dates that clash.';
    end if;
    return coalesce(v_on_clash, 'refuse') = 'skip';
end
$$;
comment on function private.skips_clashes(jsonb) is
    'Whether the key on_clash (refuse, which is meant when it is missing, or skip) says that dates that clash are to be left out; 22023 for anything else.';
revoke execute on function private.skips_clashes(jsonb) from public;

-- Security definer: it is the API, and its helpers are nobody else's business. It reads its arguments and the list of
-- time zones.
create function public.preview_recurrence(recurrence jsonb, start_time timestamptz, timezone text)
returns setof public.recurrence_date
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_dates_without_end constant integer := 100;
    v_rule text := private.recurrence_rule(private.without_on_clash(recurrence), start_time, timezone);
    v_exdates date[] := private.recurrence_exdates(recurrence, start_time, timezone);
    v_most_dates integer;
    v_blackout_days integer;
begin
    perform private.skips_clashes(recurrence);
    v_blackout_days := (
        select coalesce(sum(blackout.last_date - blackout.first_date + 1), 0)
        from public.blackout_dates as blackout
        where blackout.course_id is null and blackout.begins_before > preview_recurrence.start_time
    );
    if v_rule !~ '(COUNT|UNTIL)=' then
        v_most_dates := c_dates_without_end;
    end if;
    return query
    select occurrence.start_time, occurrence.local_start
    from private.expand_rrule(
        v_rule, start_time, timezone, v_most_dates + cardinality(v_exdates) + v_blackout_days
    ) as occurrence
    where
        occurrence.local_start::date <> all(v_exdates)
        and not exists (
            select from public.blackout_dates as blackout
            where
                blackout.course_id is null
                and occurrence.local_start::date between blackout.first_date and blackout.last_date
        )
    order by occurrence.start_time
    limit v_most_dates;
    if not found then
        raise exception using
            errcode = '22023',
            message = 'the recurrence has no dates',
            detail = v_rule,
            hint = 'Let the rule, exdates and blackout_dates leave a date on or after start_time.';
    end if;
end
$$;
comment on function public.preview_recurrence(jsonb, timestamptz, text) is
    'The dates of a recurrence, without writing anything: all of them if it ends (22023 beyond 1,000), else the first 100. recurrence: {"pattern": "weekly" | "biweekly" | "monthly", "days": ["MO"], "count": n or "until": date} or {"rrule": "…"} as in RFC 5545, optionally with "exdates": [date]; "on_clash", which create_recurring_session reads, changes nothing. Days in blackout_dates of the whole platform are left out; those of a course are not, for there is no course here. The wall-clock time of start_time in timezone (IANA) is kept over clock changes. Errors: 22023, naming what is wrong.';
revoke execute on function public.preview_recurrence(jsonb, timestamptz, text)
from public, anon, authenticated, service_role;
grant execute on function public.preview_recurrence(jsonb, timestamptz, text) to authenticated;
