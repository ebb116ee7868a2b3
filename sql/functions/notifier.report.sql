-- What the report page and the weekly mail to admins show: the whole period, its course, and who and what was in it.
-- Everything comes from the statistics of sessions; the lists end where a page would.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.report(from_date date, to_date date, timezone text)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
    c_most_lines constant integer := 25;
    v_days integer;
    v_grain text;
    v_bounds timestamptz[];
begin
    select array[asked.from_time, asked.to_time] into v_bounds
    from private.report_periods(from_date, to_date, null, timezone) as asked
    where asked.period = 1;
    v_days := to_date - from_date + 1; -- not before the days are known to be any: there are infinite dates
    v_grain := case when v_days <= 14 then 'day' when v_days <= 200 then 'week' else 'month' end;
    return jsonb_build_object(
        'from_date', from_date,
        'to_date', to_date,
        'timezone', timezone,
        'made_at', clock_timestamp(),
        'total', (
            select to_jsonb(figures)
            from private.attendance_figures(
                from_date, to_date, null, null, null, null, null, timezone, false
            ) as figures
        ),
        'grain', v_grain,
        'periods', (
            select jsonb_agg(to_jsonb(figures) order by figures.period_start)
            from private.attendance_figures(
                from_date, to_date, null, null, null, null, v_grain, timezone, false
            ) as figures
        ),
        'stays', (
            select coalesce(jsonb_agg(jsonb_build_object('minutes', stay.minutes, 'students', stay.students)), '[]')
            from private.sum_sessions(v_bounds, null, null, null, null, false) as summed
            cross join lateral unnest(private.stay_bounds(), summed.stays) as stay (minutes, students)
        ),
        'kinds', (
            select
                coalesce(
                    jsonb_agg(
                        to_jsonb(figures) || jsonb_build_object('session_type', kind.name) order by kind.name
                    ),
                    '[]'
                )
            from unnest(enum_range(null::public.session_type)) as kind (name)
            cross join lateral private.attendance_figures(
                from_date, to_date, null, null, kind.name, null, null, timezone, false
            ) as figures
            where figures.sessions + figures.cancelled_sessions > 0
        ),
        'courses', (
            select coalesce(jsonb_agg(to_jsonb(line) order by line.expected desc, line.name), '[]')
            from (
                select
                    course.name,
                    count(*) as sessions,
                    sum(statistics.present + statistics.late + statistics.partial) as attended,
                    sum(statistics.present + statistics.late + statistics.partial + statistics.absent) as expected,
                    private.share(
                        sum(statistics.present + statistics.late + statistics.partial),
                        sum(statistics.present + statistics.late + statistics.partial + statistics.absent)
                    ) as attendance_rate
                from private.session_statistics as statistics
                inner join public.courses as course on statistics.course_id = course.id
                where
                    statistics.start_time >= v_bounds[1]
                    and statistics.start_time < v_bounds[2]
                    and statistics.status = 'completed'
                group by course.id
                order by expected desc, course.name
                limit c_most_lines
            ) as line
        ),
        'mentors', (
            select coalesce(jsonb_agg(to_jsonb(line) order by line.sessions desc, line.mentor_name), '[]')
            from (
                select figures.*
                from private.mentor_figures(
                    from_date, to_date, null, null, null, null, null, timezone, false
                ) as figures
                order by figures.sessions desc, figures.mentor_name
                limit c_most_lines
            ) as line
        )
    );
end
$$;
comment on function notifier.report(date, date, text) is
    'The report page of a period: {"from_date", "to_date", "timezone", "made_at", "total", "grain", "periods", "stays": [{"minutes", "students"}], "kinds", "courses", "mentors"}, figures as in attendance_figures and mentor_figures; courses and mentors the 25 with most. Errors: 22023 naming the argument.';
revoke execute on function notifier.report(date, date, text) from public;
grant execute on function notifier.report(date, date, text) to notifier;
