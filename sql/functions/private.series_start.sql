create function private.series_start(series public.session_series, day date)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.local_to_instant(
        day + (date_trunc('second', series.start_time at time zone series.timezone))::time, series.timezone
    );
end
$$;
comment on function private.series_start(public.session_series, date) is
    'When a session of the series starts that stands for this day and was not moved; null for no day.';
revoke execute on function private.series_start(public.session_series, date) from public;
