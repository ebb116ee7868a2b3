-- The figures of a year, week by week, from statistics; those of weeks in which there was something.
select
    period_start, sessions, cancelled_sessions, present, late, partial, absent, excused, attendance_rate, no_shows,
    mean_minutes, minutes_p50, minutes_p90
from public.attendance_report($1::date, $2::date, grain => 'week', timezone => 'UTC')
where sessions + cancelled_sessions > 0
order by period_start
