-- The same, from attendance.
select
    greatest(date_trunc('week', session.start_time at time zone 'UTC')::date, $1::date) as period_start,
    count(distinct session.id) filter (where session.status = 'completed') as sessions,
    count(distinct session.id) filter (where session.status = 'cancelled') as cancelled_sessions,
    count(*) filter (where attendance.status = 'present') as present,
    count(*) filter (where attendance.status = 'late') as late,
    count(*) filter (where attendance.status = 'partial') as partial,
    count(*) filter (where attendance.status = 'absent') as absent,
    count(*) filter (where attendance.status = 'excused') as excused,
    round(
        count(*) filter (where attendance.status in ('present', 'late', 'partial'))::numeric
        / nullif(count(*) filter (where attendance.status in ('present', 'late', 'partial', 'absent')), 0),
        4
    ) as attendance_rate,
    count(*) filter (where attendance.status = 'absent' and session.registration_required) as no_shows,
    round(avg(attendance.minutes_present) filter (where attendance.joined_at is not null), 1) as mean_minutes,
    5 * ceil(
        percentile_disc(0.5) within group (order by attendance.minutes_present)
        filter (where attendance.joined_at is not null) / 5.0
    )::integer as minutes_p50,
    5 * ceil(
        percentile_disc(0.9) within group (order by attendance.minutes_present)
        filter (where attendance.joined_at is not null) / 5.0
    )::integer as minutes_p90
from public.success_sessions as session
left join public.session_attendance as attendance on session.id = attendance.session_id
where
    session.start_time >= $1::date::timestamp at time zone 'UTC'
    and session.start_time < ($2::date + 1)::timestamp at time zone 'UTC'
    and session.status in ('completed', 'cancelled')
group by 1
order by 1
