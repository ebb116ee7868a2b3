-- The days a report is about, cut into its periods, and the period before them for comparison: as long as the first
-- would be if nothing were cut off. With no grain there is one.
create function private.report_periods(from_date date, to_date date, grain text, timezone text)
returns setof private.report_period
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_days constant integer := 1096;
    c_most_single_days constant integer := 366;
    v_message text := case
        when from_date is null then 'from_date must not be null'
        when to_date is null then 'to_date must not be null'
        when from_date < date '2000-01-01' or from_date >= date '2200-01-01'
            then 'from_date must be in the years 2000 to 2199'
        when to_date < from_date then 'to_date must not be before from_date'
        when to_date >= date '2200-01-01' then 'to_date must be in the years 2000 to 2199'
        when to_date - from_date >= c_most_days
            then format('to_date must be at most %s days after from_date', c_most_days - 1)
        when grain not in ('day', 'week', 'month')
            then format('grain must be day, week or month, not %s', quote_literal(left(grain, 50)))
        when grain = 'day' and to_date - from_date >= c_most_single_days
            then format('to_date must be at most %s days after from_date for grain day', c_most_single_days - 1)
        when not exists (select from private.time_zones as zone where zone.name = report_periods.timezone)
            then format('timezone %s is unknown', quote_literal(left(timezone, 100)))
    end;
    v_before date;
begin
    if v_message is not null then
        raise exception using
            errcode = '22023',
            message = v_message,
            hint = 'Send days such as 2027-03-01; as grain day, week, month or null; as timezone an IANA name.';
    end if;
    v_before := case
        when grain is null then from_date - (to_date - from_date + 1)
        else (from_date - ('1 ' || grain)::interval)::date
    end;
    return query
    with
    day as (
        select v_before as first_day
        union all
        select from_date
        union all
        select step.begins::date
        from generate_series(
            date_trunc(coalesce(grain, 'day'), from_date::timestamp), to_date::timestamp, ('1 ' || grain)::interval
        ) as step (begins)
        where step.begins > from_date
    ),

    cut as (
        select
            day.first_day,
            lead(day.first_day, 1, to_date + 1) over (order by day.first_day) as next_day
        from day
    )

    select
        row_number() over (order by cut.first_day)::integer - 1,
        cut.first_day,
        cut.next_day - 1,
        private.local_to_instant(cut.first_day::timestamp, timezone),
        private.local_to_instant(cut.next_day::timestamp, timezone)
    from cut
    order by cut.first_day;
end
$$;
comment on function private.report_periods(date, date, text, text) is
    'The periods from from_date to to_date, both included, by grain (day; week, from Monday; month; null: one), the first and last cut off at these, and as number 0 the period before. Errors: 22023 naming the argument.';
revoke execute on function private.report_periods(date, date, text, text) from public;
