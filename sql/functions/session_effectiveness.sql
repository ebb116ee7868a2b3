-- Security definer: it is the API; it reads statistics, which the caller may not.
create function public.session_effectiveness(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    timezone text default null
)
returns setof public.session_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_host_id constant uuid := private.report_host(mentor_id);
    v_to_mentor constant boolean := not private.is_manager();
    v_timezone constant text := coalesce(timezone, private.my_timezone());
    v_period private.report_period;
begin
    select asked.* into v_period
    from private.report_periods(from_date, to_date, null, v_timezone) as asked
    where asked.period = 1;
    return query
    with
    held as (
        select
            statistics.*,
            statistics.present + statistics.late + statistics.partial as attended,
            statistics.present + statistics.late + statistics.partial + statistics.absent as expected,
            array[
                statistics.minutes_to_5, statistics.minutes_to_10, statistics.minutes_to_15,
                statistics.minutes_to_20, statistics.minutes_to_25, statistics.minutes_to_30,
                statistics.minutes_to_35, statistics.minutes_to_40, statistics.minutes_to_45,
                statistics.minutes_to_50, statistics.minutes_to_55, statistics.minutes_to_60,
                statistics.minutes_to_75, statistics.minutes_to_90, statistics.minutes_to_120,
                statistics.minutes_to_180, statistics.minutes_to_240, statistics.minutes_to_1440
            ]::bigint[] as stays
        from private.session_statistics as statistics
        where
            statistics.start_time >= v_period.from_time
            and statistics.start_time < v_period.to_time
            and statistics.status = 'completed'
            and (v_host_id is null or statistics.host_key = v_host_id)
            and (session_effectiveness.course_id is null or statistics.course_id = session_effectiveness.course_id)
            and (session_effectiveness.batch_id is null or statistics.batch_id = session_effectiveness.batch_id)
            and (
                session_effectiveness.session_type is null
                or statistics.session_type = session_effectiveness.session_type
            )
    ),

    -- By a window: a join cannot be hashed by a course that may be null, and would compare each session with every
    -- course.
    counted as (
        select
            held.*,
            private.share(sum(held.attended) over alike, sum(held.expected) over alike) as usual_rate
        from held
        window alike as (partition by held.session_type, held.course_id)
    )

    select
        counted.session_id,
        session.title,
        counted.session_type,
        counted.course_id,
        counted.batch_id,
        session.mentor_id,
        mentor.full_name,
        counted.start_time,
        counted.start_time at time zone v_timezone,
        counted.scheduled_minutes,
        counted.expected::bigint,
        counted.attended::bigint,
        counted.present::bigint,
        counted.late::bigint,
        counted.partial::bigint,
        counted.absent::bigint,
        counted.excused::bigint,
        private.share(counted.attended, counted.expected),
        counted.usual_rate,
        private.share(counted.attended, counted.expected) - counted.usual_rate,
        private.share(counted.late, counted.attended),
        case when counted.registration_required then counted.absent else 0 end::bigint,
        round(counted.minutes / nullif(stay.students, 0), 1),
        private.stay_percentile(counted.stays, 0.1),
        private.stay_percentile(counted.stays, 0.5),
        private.stay_percentile(counted.stays, 0.9),
        private.share(counted.minutes, stay.students * counted.scheduled_minutes),
        counted.registered::bigint,
        nullif(counted.seats, 0)::bigint,
        private.share(counted.registered, counted.seats),
        counted.host_joined_at,
        case
            when counted.host_joined_at <= counted.start_time then 0.0
            else round(extract(epoch from counted.host_joined_at - counted.start_time) / 60, 1)
        end,
        counted.first_host_key <> counted.host_key,
        counted.ratings::bigint,
        private.shown_rating(counted.rating_points, counted.ratings, v_to_mentor)
    from counted
    inner join public.success_sessions as session on counted.session_id = session.id
    left join public.profiles as mentor on session.mentor_id = mentor.id
    cross join lateral (
        select sum(step.students) as students
        from unnest(counted.stays) as step (students)
    ) as stay
    order by counted.start_time, counted.session_id;
end
$$;
comment on function public.session_effectiveness(
    date, date, uuid, uuid, public.session_type, uuid, text
) is
    'How each completed session that began from from_date to to_date went, in the order of time: attendance, how it compares with the usual of its kind and course in the same report, minutes, fill, when the mentor came, ratings. Arguments, days and errors as for attendance_report. Managers all sessions, mentors those they host. Figures: see the type session_figures.';
revoke execute on function public.session_effectiveness(
    date, date, uuid, uuid, public.session_type, uuid, text
) from public, anon, authenticated, service_role;
grant execute on function public.session_effectiveness(
    date, date, uuid, uuid, public.session_type, uuid, text
) to authenticated;
