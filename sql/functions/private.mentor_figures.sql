-- What mentor_performance answers, whoever asks.
create function private.mentor_figures(
    from_date date,
    to_date date,
    course_id uuid,
    batch_id uuid,
    session_type public.session_type,
    mentor_id uuid,
    grain text,
    timezone text,
    to_mentor boolean
)
returns setof public.mentor_figures
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_periods constant private.report_period[] := array(
        select asked from private.report_periods(from_date, to_date, grain, timezone) as asked order by asked.period
    );
    v_bounds constant timestamptz[] := array(
        select edge.from_time from unnest(v_periods) as edge order by edge.period
    ) || (v_periods[cardinality(v_periods)]).to_time;
begin
    return query
    with
    hosted as (
        select counted.*
        from private.sum_sessions(v_bounds, mentor_id, course_id, batch_id, session_type, true) as counted
    ),

    arrival as (
        select
            width_bucket(statistics.start_time, v_bounds) - 1 as period,
            statistics.host_key,
            count(*) filter (where statistics.host_joined_at <= statistics.start_time) as in_time,
            count(*) filter (where statistics.host_joined_at > statistics.start_time) as late,
            count(*) filter (where statistics.host_joined_at is null) as not_seen,
            sum(extract(epoch from statistics.host_joined_at - statistics.start_time) / 60)
            filter (where statistics.host_joined_at > statistics.start_time) as minutes_late,
            count(*) filter (where statistics.first_host_key <> statistics.host_key) as taken_over
        from private.session_statistics as statistics
        where
            statistics.start_time >= v_bounds[1]
            and statistics.start_time < v_bounds[cardinality(v_bounds)]
            and statistics.status = 'completed'
            and (mentor_figures.mentor_id is null or statistics.host_key = mentor_figures.mentor_id)
            and (mentor_figures.course_id is null or statistics.course_id = mentor_figures.course_id)
            and (mentor_figures.batch_id is null or statistics.batch_id = mentor_figures.batch_id)
            and (mentor_figures.session_type is null or statistics.session_type = mentor_figures.session_type)
        group by 1, 2
    ),

    handover as (
        select
            width_bucket(statistics.start_time, v_bounds) - 1 as period,
            statistics.first_host_key as host_key,
            count(*) as sessions
        from private.session_statistics as statistics
        where
            statistics.start_time >= v_bounds[1]
            and statistics.start_time < v_bounds[cardinality(v_bounds)]
            and statistics.status = 'completed'
            and statistics.first_host_key <> statistics.host_key
            and (mentor_figures.mentor_id is null or statistics.first_host_key = mentor_figures.mentor_id)
            and (mentor_figures.course_id is null or statistics.course_id = mentor_figures.course_id)
            and (mentor_figures.batch_id is null or statistics.batch_id = mentor_figures.batch_id)
            and (mentor_figures.session_type is null or statistics.session_type = mentor_figures.session_type)
        group by 1, 2
    ),

    -- Whoever is in any of the periods is in each of them, so that lines can be compared. The host_key of sessions
    -- without a mentor is nobody's id.
    mentor as (
        select
            profile.id,
            profile.full_name
        from public.profiles as profile
        where profile.id in (
            select hosted.host_key from hosted
            union all
            select handover.host_key from handover
        )
    ),

    line as (
        select
            mentor.id,
            mentor.full_name,
            asked.period,
            asked.first_day,
            asked.last_day,
            coalesce(hosted.sessions, 0) as sessions,
            coalesce(hosted.scheduled_minutes, 0) as scheduled_minutes,
            coalesce(hosted.cancelled_sessions, 0) as cancelled_sessions,
            coalesce(arrival.in_time, 0) as in_time,
            coalesce(arrival.late, 0) as late,
            coalesce(arrival.not_seen, 0) as not_seen,
            arrival.minutes_late,
            coalesce(arrival.taken_over, 0) as taken_over,
            coalesce(handover.sessions, 0) as handed_over,
            coalesce(hosted.present + hosted.late + hosted.partial, 0) as attended,
            coalesce(hosted.present + hosted.late + hosted.partial + hosted.absent, 0) as expected,
            coalesce(hosted.registered, 0) as registered,
            coalesce(hosted.seats, 0) as seats,
            coalesce(hosted.ratings, 0) as ratings,
            hosted.rating_points
        from mentor
        cross join unnest(v_periods) as asked
        left join hosted on mentor.id = hosted.host_key and asked.period = hosted.period
        left join arrival on mentor.id = arrival.host_key and asked.period = arrival.period
        left join handover on mentor.id = handover.host_key and asked.period = handover.period
    ),

    compared as (
        select
            line.*,
            private.share(line.attended, line.expected) as attendance_rate,
            lag(private.share(line.attended, line.expected)) over (partition by line.id order by line.period)
                as previous_attendance_rate
        from line
    )

    select
        compared.id,
        compared.full_name,
        compared.first_day,
        compared.last_day,
        compared.sessions,
        compared.scheduled_minutes,
        compared.cancelled_sessions,
        private.share(compared.cancelled_sessions, compared.sessions + compared.cancelled_sessions),
        compared.in_time,
        compared.late,
        compared.not_seen,
        private.share(compared.in_time, compared.in_time + compared.late),
        round(compared.minutes_late / nullif(compared.late, 0), 1),
        compared.taken_over,
        compared.handed_over,
        compared.expected,
        compared.attended,
        compared.attendance_rate,
        compared.previous_attendance_rate,
        compared.attendance_rate - compared.previous_attendance_rate,
        compared.registered,
        compared.seats,
        private.share(compared.registered, compared.seats),
        compared.ratings,
        private.shown_rating(compared.rating_points, compared.ratings, to_mentor)
    from compared
    where compared.period > 0
    order by compared.full_name, compared.id, compared.period;
end
$$;
comment on function private.mentor_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) is
    'The figures of mentor_performance without asking who calls; to_mentor: small numbers of ratings are kept back.';
revoke execute on function private.mentor_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) from public;
