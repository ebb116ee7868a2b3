-- What attendance_report answers, whoever asks.
create function private.attendance_figures(
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
returns setof public.attendance_figures
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_periods constant private.report_period[] := array(
        select asked from private.report_periods(from_date, to_date, grain, timezone) as asked order by asked.period
    );
begin
    return query
    with
    summed as (
        select
            asked.period,
            asked.first_day,
            asked.last_day,
            coalesce(counted.sessions, 0) as sessions,
            coalesce(counted.cancelled_sessions, 0) as cancelled_sessions,
            coalesce(counted.present + counted.late + counted.partial, 0) as attended,
            coalesce(counted.present, 0) as present,
            coalesce(counted.late, 0) as late,
            coalesce(counted.partial, 0) as partial,
            coalesce(counted.absent, 0) as absent,
            coalesce(counted.excused, 0) as excused,
            coalesce(counted.no_shows, 0) as no_shows,
            counted.expected_with_seat,
            counted.minutes,
            counted.stays,
            coalesce(counted.registered, 0) as registered,
            coalesce(counted.seats, 0) as seats,
            coalesce(counted.ratings, 0) as ratings,
            counted.rating_points
        from unnest(v_periods) as asked
        left join private.sum_sessions(
            (select array_agg(edge.from_time order by edge.period) from unnest(v_periods) as edge)
            || (v_periods[cardinality(v_periods)]).to_time,
            mentor_id,
            course_id,
            batch_id,
            session_type,
            false
        ) as counted on asked.period = counted.period
    ),

    compared as (
        select
            summed.*,
            private.share(summed.attended, summed.attended + summed.absent) as attendance_rate,
            lag(private.share(summed.attended, summed.attended + summed.absent)) over (order by summed.period)
                as previous_attendance_rate
        from summed
    )

    select
        line.first_day,
        line.last_day,
        line.sessions,
        line.cancelled_sessions,
        line.attended + line.absent,
        line.attended,
        line.present,
        line.late,
        line.partial,
        line.absent,
        line.excused,
        line.attendance_rate,
        line.previous_attendance_rate,
        line.attendance_rate - line.previous_attendance_rate,
        private.share(line.late, line.attended),
        line.no_shows,
        private.share(line.no_shows, line.expected_with_seat),
        round(line.minutes / nullif((select sum(stay.students) from unnest(line.stays) as stay (students)), 0), 1),
        private.stay_percentile(line.stays, 0.1),
        private.stay_percentile(line.stays, 0.5),
        private.stay_percentile(line.stays, 0.9),
        line.registered,
        line.seats,
        private.share(line.registered, line.seats),
        line.ratings,
        private.shown_rating(line.rating_points, line.ratings, to_mentor)
    from compared as line
    where line.period > 0
    order by line.period;
end
$$;
comment on function private.attendance_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) is
    'The figures of attendance_report without asking who calls; to_mentor: small numbers of ratings are kept back.';
revoke execute on function private.attendance_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) from public;
