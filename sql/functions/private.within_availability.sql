-- For one mentor and for thousands at once: hours become instants once for each distinct entry and day, not for each
-- mentor.
create function private.within_availability(mentor_ids uuid[], start_time timestamptz, end_time timestamptz)
returns setof uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if within_availability.end_time <= within_availability.start_time then
        return;
    end if;
    return query
    with
    -- Every date that some clock shows during the period: no zone is a whole day from UTC.
    local_day as materialized (
        select
            day::date as date,
            extract(isodow from day)::smallint as weekday
        from generate_series(
            date_trunc('day', within_availability.start_time at time zone 'UTC') - interval '1 day',
            date_trunc('day', within_availability.end_time at time zone 'UTC') + interval '1 day',
            interval '1 day'
        ) as day
    ),

    stated as materialized (
        select
            hours.mentor_id,
            hours.weekday,
            hours.start_time,
            hours.end_time,
            hours.timezone
        from public.mentor_availability as hours
        where hours.mentor_id = any(within_availability.mentor_ids)
    ),

    open_hours as materialized (
        select
            hours.weekday,
            hours.start_time,
            hours.end_time,
            hours.timezone,
            tstzrange(opening, closing) as period
        from (
            select distinct
                stated.weekday,
                stated.start_time,
                stated.end_time,
                stated.timezone
            from stated
        ) as hours
        inner join local_day on local_day.weekday = hours.weekday
        cross join lateral private.local_to_instant(local_day.date + hours.start_time, hours.timezone) as opening
        cross join lateral private.local_to_instant(local_day.date + hours.end_time, hours.timezone) as closing
        -- Within an hour that the clock skips, hours may come to nothing.
        where
            opening < closing
            and opening < within_availability.end_time
            and closing > within_availability.start_time
    ),

    offered as (
        select
            stated.mentor_id,
            -- Hours that touch, at midnight for example, are one.
            range_agg(open_hours.period) as periods
        from stated
        left join open_hours
            on
                open_hours.weekday = stated.weekday
                and open_hours.start_time = stated.start_time
                and open_hours.end_time = stated.end_time
                and open_hours.timezone = stated.timezone
        group by stated.mentor_id
    )

    select asked.mentor_id
    from unnest(within_availability.mentor_ids) as asked (mentor_id)
    left join offered on offered.mentor_id = asked.mentor_id
    where
        offered.mentor_id is null
        or offered.periods @> tstzrange(within_availability.start_time, within_availability.end_time);
end
$$;
comment on function private.within_availability(uuid[], timestamptz, timestamptz) is
    'Those of the mentors whose weekly hours cover the whole period, and those who have stated none.';
revoke execute on function private.within_availability(uuid[], timestamptz, timestamptz) from public;
