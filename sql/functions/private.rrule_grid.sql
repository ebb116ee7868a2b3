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
