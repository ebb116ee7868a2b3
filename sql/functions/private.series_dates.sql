create function private.series_dates(
    series public.session_series,
    from_time timestamptz,
    to_time timestamptz default null,
    max_dates integer default null
)
returns table (series_date date, start_time timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_to constant timestamptz := least(
        to_time, private.local_to_instant((series.last_date + 1)::timestamp, series.timezone)
    );
    v_from constant timestamptz := greatest(
        from_time, private.local_to_instant(series.first_date::timestamp, series.timezone)
    );
begin
    return query
    select
        occurrence.local_start::date,
        occurrence.start_time
    from private.expand_rrule(
        series.rrule, series.start_time, series.timezone, max_dates + cardinality(series.exdates), v_from, v_to
    ) as occurrence
    where occurrence.local_start::date <> all(series.exdates)
    order by occurrence.start_time
    limit max_dates;
end
$$;
comment on function private.series_dates(public.session_series, timestamptz, timestamptz, integer) is
    'The dates of the part of its rule that a series has, in order, from_time <= start_time < to_time (null: to its end), at most max_dates; blackouts are not left out. Without max_dates 22023 beyond 1,000.';
revoke execute on function private.series_dates(public.session_series, timestamptz, timestamptz, integer) from public;
