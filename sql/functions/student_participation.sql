-- Security definer: it is the API; it finds sessions by statistics, which the caller may not read.
create function public.student_participation(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    student_id uuid default null,
    grain text default null,
    timezone text default null
)
returns setof public.participation_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    c_most_days_of_all constant integer := 31;
    v_student_id uuid := student_id;
    v_host_id uuid := mentor_id;
    v_timezone constant text := coalesce(timezone, private.my_timezone());
    v_periods constant private.report_period[] := array(
        select asked
        from private.report_periods(from_date, to_date, grain, v_timezone) as asked
        order by asked.period
    );
    v_bounds constant timestamptz[] := array(
        select edge.from_time from unnest(v_periods) as edge order by edge.period
    ) || (v_periods[cardinality(v_periods)]).to_time;
begin
    if not private.is_manager() and student_id is distinct from auth.uid() then
        if private.has_role('mentor') then
            v_host_id := private.report_host(mentor_id);
        elsif student_id is null then
            v_student_id := auth.uid();
        else
            raise exception using
                errcode = '42501',
                message = 'student_id must be your own id: students see their own participation',
                hint = 'Leave it out, or ask a manager.';
        end if;
    end if;
    -- Without any of these filters everybody's attendance is counted row by row, which for longer would take more time
    -- than a request has.
    if
        v_student_id is null and v_host_id is null and course_id is null and batch_id is null
        and to_date - from_date >= c_most_days_of_all
    then
        raise exception using
            errcode = '22023',
            message = format(
                'to_date must be at most %s days after from_date for all students', c_most_days_of_all - 1
            ),
            hint = 'Send a course_id, batch_id, mentor_id or student_id, or ask for one month after the other.';
    end if;

    return query
    with
    counted as (
        select
            attendance.student_id,
            width_bucket(statistics.start_time, v_bounds) - 1 as period,
            count(*) as sessions,
            count(*) filter (where attendance.status = 'present') as present,
            count(*) filter (where attendance.status = 'late') as late,
            count(*) filter (where attendance.status = 'partial') as partial,
            count(*) filter (where attendance.status = 'absent') as absent,
            count(*) filter (where attendance.status = 'excused') as excused,
            count(*) filter (where attendance.status = 'absent' and statistics.registration_required) as no_shows,
            count(*) filter (where measured.holds) as measured,
            sum(attendance.minutes_present) filter (where measured.holds) as minutes,
            sum(statistics.scheduled_minutes) filter (where measured.holds) as scheduled,
            max(statistics.start_time) filter (where attendance.status in ('present', 'late', 'partial'))
                as last_attended_at
        from private.session_statistics as statistics
        inner join public.session_attendance as attendance on statistics.session_id = attendance.session_id
        cross join lateral (
            select
                attendance.status in ('present', 'late', 'partial') and attendance.joined_at is not null as holds
        ) as measured
        where
            statistics.start_time >= v_bounds[1]
            and statistics.start_time < v_bounds[cardinality(v_bounds)]
            and statistics.status = 'completed'
            and (v_student_id is null or attendance.student_id = v_student_id)
            -- One student's sessions are found by the student's own attendance. `is not distinct from` keeps Postgres
            -- from the indexes on these columns, because the time of such a search would tell how many sessions others
            -- have.
            and case
                when v_host_id is null then true
                when v_student_id is null then statistics.host_key = v_host_id
                else statistics.host_key is not distinct from v_host_id
            end
            and case
                when student_participation.course_id is null then true
                when v_student_id is null then statistics.course_id = student_participation.course_id
                else statistics.course_id is not distinct from student_participation.course_id
            end
            and case
                when student_participation.batch_id is null then true
                when v_student_id is null then statistics.batch_id = student_participation.batch_id
                else statistics.batch_id is not distinct from student_participation.batch_id
            end
            and (
                student_participation.session_type is null
                or statistics.session_type = student_participation.session_type
            )
        group by 1, 2
    ),

    -- Whoever is in any of the periods is in each of them, so that lines can be compared.
    line as (
        select
            student.id,
            student.full_name,
            asked.period,
            asked.first_day,
            asked.last_day,
            coalesce(counted.sessions, 0) as sessions,
            coalesce(counted.present + counted.late + counted.partial, 0) as attended,
            coalesce(counted.present, 0) as present,
            coalesce(counted.late, 0) as late,
            coalesce(counted.partial, 0) as partial,
            coalesce(counted.absent, 0) as absent,
            coalesce(counted.excused, 0) as excused,
            coalesce(counted.no_shows, 0) as no_shows,
            counted.measured,
            coalesce(counted.minutes, 0) as minutes,
            counted.scheduled,
            counted.last_attended_at
        from public.profiles as student
        cross join unnest(v_periods) as asked
        left join counted on student.id = counted.student_id and asked.period = counted.period
        where student.id in (select known.student_id from counted as known)
    ),

    compared as (
        select
            line.*,
            private.share(line.attended, line.attended + line.absent) as attendance_rate,
            lag(private.share(line.attended, line.attended + line.absent))
                over (partition by line.id order by line.period)
                as previous_attendance_rate
        from line
    )

    select
        compared.id,
        compared.full_name,
        compared.first_day,
        compared.last_day,
        compared.sessions,
        compared.attended + compared.absent,
        compared.attended,
        compared.present,
        compared.late,
        compared.partial,
        compared.absent,
        compared.excused,
        compared.attendance_rate,
        compared.previous_attendance_rate,
        compared.attendance_rate - compared.previous_attendance_rate,
        private.share(compared.late, compared.attended),
        compared.no_shows,
        compared.minutes,
        round(compared.minutes::numeric / nullif(compared.measured, 0), 1),
        private.share(compared.minutes, compared.scheduled),
        compared.last_attended_at
    from compared
    where compared.period > 0
    order by compared.full_name, compared.id, compared.period;
end
$$;
comment on function public.student_participation(
    date, date, uuid, uuid, public.session_type, uuid, uuid, text, text
) is
    'How students took part in the completed sessions that began from from_date to to_date: a row per student with a record of attendance then or in the period before, and period; arguments, periods, comparison and errors as for attendance_report. Managers all students, at most 31 days of them unless a course, batch, mentor or student is named; mentors those of sessions they host; students themselves. Figures: see the type participation_figures.';
revoke execute on function public.student_participation(
    date, date, uuid, uuid, public.session_type, uuid, uuid, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.student_participation(
    date, date, uuid, uuid, public.session_type, uuid, uuid, text, text
) to authenticated;
