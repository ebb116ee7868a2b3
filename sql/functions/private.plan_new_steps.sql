-- What has begun is not made any more: a series may have started weeks ago.
create function private.plan_new_steps(series public.session_series, from_time timestamptz, to_time timestamptz)
returns private.series_step[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_steps private.series_step[];
begin
    with missing as materialized (
        select
            listed.series_date,
            listed.start_time
        from private.series_dates(series, greatest(from_time, clock_timestamp()), to_time) as listed
        where not exists (
            select from public.success_sessions as session
            where session.series_id = series.id and session.series_date = listed.series_date
        )
    ),

    -- Sessions that lost their day by a change of the rule and were reinstated: they stand for the day again now that
    -- the rule has it.
    reinstated as (
        update public.success_sessions as session
        set series_id = series.id, series_date = missing.series_date
        from missing
        where
            session.calendar_uid = series.calendar_uid
            and session.series_date is null
            and session.status = 'upcoming'
            and session.start_time = missing.start_time
        returning session.series_date
    ),

    coming as (
        select
            missing.series_date,
            missing.start_time,
            private.blackout_name(missing.series_date, series.course_id) as blackout
        from missing
        where not exists (select from reinstated where reinstated.series_date = missing.series_date)
    ),

    skipped as (
        insert into public.series_skips (series_id, series_date, reason, detail)
        select
            series.id,
            coming.series_date,
            'blackout',
            coming.blackout
        from coming
        where coming.blackout is not null
        on conflict on constraint series_skips_pkey
        do update set reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at
    )

    select array_agg(
        row(
            null::uuid, coming.series_date, coming.start_time, coming.start_time + series.duration, series.mentor_id,
            series.meeting_account_id
        )::private.series_step
        order by coming.start_time
    )
    into v_steps
    from coming
    where coming.blackout is null;
    return coalesce(v_steps, '{}');
end
$$;
comment on function private.plan_new_steps(public.session_series, timestamptz, timestamptz) is
    'The dates of a series from from_time until before to_time that are still to come and that no session stands for, without blackouts, which are noted in series_skips. A session that was reinstated at such a date stands for it from now on.';
revoke execute on function private.plan_new_steps(public.session_series, timestamptz, timestamptz) from public;
