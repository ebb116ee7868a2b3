-- In strides of half the horizon, so that people hear of a term at once and not of one more date every week. A series
-- that cannot be extended (its mentor lost the role, say) stops no other: it waits an hour, and series_skips says why.
--
-- It waits for nobody: whoever edits a series, or gives its mentor a session at this moment, comes first.
create function notifier.extend_series()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    c_most_sessions constant integer := 200;
    c_most_series constant integer := 20;
    v_now constant timestamptz := clock_timestamp();
    v_due_before constant timestamptz := v_now + (
        select make_interval(hours => 12 * settings.series_horizon_days) from public.app_settings as settings
    );
    v_due record;
    v_series public.session_series;
    v_until timestamptz;
    v_steps private.series_step[];
    v_made integer := 0;
begin
    for v_due in
        (
            select
                series.id,
                series.calendar_uid
            from public.session_series as series
            where series.next_start <= v_due_before and series.retry_at is null
            order by series.next_start
            limit c_most_series
        )
        union all
        (
            select
                series.id,
                series.calendar_uid
            from public.session_series as series
            where series.retry_at <= v_now
            order by series.retry_at
            limit c_most_series
        )
    loop
        exit when v_made >= c_most_sessions;
        continue when not pg_try_advisory_xact_lock(hashtextextended('series/' || v_due.calendar_uid, 0));
        select series.* into v_series
        from public.session_series as series
        where
            series.id = v_due.id
            and series.next_start <= v_due_before
            and coalesce(series.retry_at, v_now) <= v_now
        for no key update skip locked;
        continue when not found;

        begin
            v_until := private.series_horizon(v_series);
            v_steps := private.take_free_steps(
                v_series.id, private.plan_new_steps(v_series, v_series.next_start, v_until), '{}', true
            );
            perform private.add_series_sessions(v_series, v_steps);
            delete from public.series_skips as skip
            where skip.series_id = v_series.id and skip.reason = 'failed';
            update public.session_series as series
            set
                next_start = (select coming.start_time from private.series_dates(v_series, v_until, null, 1) as coming),
                retry_at = null
            where series.id = v_series.id;
            v_made := v_made + cardinality(v_steps);
        exception
            when lock_not_available then
                update public.session_series as series
                set retry_at = v_now + interval '10 seconds'
                where series.id = v_series.id;
            when others then
                update public.session_series as series
                set retry_at = v_now + interval '1 hour'
                where series.id = v_series.id;
                insert into public.series_skips (series_id, series_date, reason, detail)
                values (
                    v_series.id,
                    (v_series.next_start at time zone v_series.timezone)::date,
                    'failed',
                    left(sqlerrm, 1000)
                )
                on conflict on constraint series_skips_pkey
                do update set reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at;
        end;
    end loop;
    return v_made;
end
$$;
comment on function notifier.extend_series() is
    'Makes the next sessions of series for which less than half of app_settings.series_horizon_days is made, up to the horizon; how many. Dates that clash or lie in a blackout are left out and noted in series_skips. Ends early after 200 sessions.';
revoke execute on function notifier.extend_series() from public;
