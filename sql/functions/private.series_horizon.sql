create function private.series_horizon(series public.session_series)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_whole public.session_series := series;
    v_first timestamptz;
begin
    -- A part is made no further ahead than the whole would be.
    v_whole.first_date := null;
    select coming.start_time into v_first
    from private.series_dates(v_whole, v_now, null, 1) as coming;
    return greatest(v_now, v_first)
        + make_interval(days => (select settings.series_horizon_days from public.app_settings as settings));
end
$$;
comment on function private.series_horizon(public.session_series) is
    'Until when the sessions of a series are made: app_settings.series_horizon_days from now, or from its next date if that is later, so that there is one.';
revoke execute on function private.series_horizon(public.session_series) from public;
