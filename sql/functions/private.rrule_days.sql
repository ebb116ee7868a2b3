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
