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
