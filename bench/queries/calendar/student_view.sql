-- The view's columns as one would write them by hand for one student, on top of student_join.sql.
with
mine as (
    select session.*
    from public.course_enrollments as enrollment
    inner join public.success_sessions as session
        on enrollment.course_id = session.course_id and enrollment.batch_id = session.batch_id
    where
        enrollment.student_id = $3
        and enrollment.status = 'active'
        and session.start_time >= $1
        and session.start_time < $2
    union all
    select session.*
    from public.course_enrollments as enrollment
    inner join public.success_sessions as session on enrollment.course_id = session.course_id
    where
        enrollment.student_id = $3
        and enrollment.status = 'active'
        and enrollment.batch_id is null
        and session.batch_id is null
        and session.start_time >= $1
        and session.start_time < $2
),
dated as (
    select
        mine.*,
        student.timezone as local_timezone,
        mine.start_time at time zone student.timezone as local_start,
        date_trunc('week', mine.start_time at time zone student.timezone)::date as week_start,
        (now() at time zone student.timezone)::date as today,
        date_trunc('week', now() at time zone student.timezone)::date as this_week,
        mine.start_time - make_interval(mins => settings.join_opens_minutes_before) as join_opens_at,
        case
            when mine.status = 'completed' then mine.status
            when now() >= mine.end_time then 'completed'
            when now() >= mine.start_time then 'live'
            else mine.status
        end as status_now
    from mine
    cross join public.app_settings as settings
    inner join public.profiles as student on student.id = $3
    where mine.status <> 'cancelled'
)
select
    dated.id,
    dated.title,
    dated.description,
    dated.session_type,
    dated.status_now as status,
    dated.course_id,
    dated.batch_id,
    case
        when dated.course_id is null then 'course-less'
        when dated.batch_id is null then 'unbatched'
        else 'batch'
    end as audience,
    dated.mentor_id,
    mentor.full_name as mentor_name,
    dated.start_time,
    dated.end_time,
    dated.timezone,
    dated.local_timezone,
    dated.local_start,
    dated.end_time at time zone dated.local_timezone as local_end,
    dated.week_start,
    case
        when dated.status_now = 'completed' then 'past'
        when dated.status_now = 'live' then 'live'
        when dated.local_start::date = dated.today then 'today'
        when dated.week_start = dated.this_week then 'this_week'
        when dated.week_start = dated.this_week + 7 then 'next_week'
        when dated.week_start < dated.this_week then 'past'
        else 'later'
    end as segment,
    dated.platform,
    case when dated.link_failed_at is null then dated.link else dated.backup_link end as link,
    dated.backup_link,
    case when dated.link_failed_at is null then dated.zoom_meeting_id end as zoom_meeting_id,
    dated.series_id,
    dated.recurrence_id,
    dated.sequence,
    dated.join_opens_at,
    (dated.status_now = 'live' or (dated.status_now = 'upcoming' and now() >= dated.join_opens_at))
    and num_nonnulls(dated.link, dated.link_failed_at) > 0
    and (not dated.registration_required or registration.status is not distinct from 'registered') as can_join,
    attendance.status as attendance_status,
    attendance.joined_at,
    attendance.left_at,
    attendance.minutes_present,
    dated.registration_required,
    case when dated.registration_required then least(dated.registration_closes_at, dated.start_time) end
        as registration_closes_at,
    dated.capacity,
    case
        when dated.capacity is not null then (
            select greatest(dated.capacity - count(*)::integer, 0)
            from public.session_registrations as taken
            where taken.session_id = dated.id and taken.status = 'registered'
        )
    end as seats_left,
    registration.status as registration_status,
    case
        when registration.status = 'waitlisted' then (
            select count(*)::integer
            from public.session_registrations as ahead
            where
                ahead.session_id = dated.id
                and ahead.status = 'waitlisted'
                and (ahead.queued_at, ahead.student_id) <= (registration.queued_at, $3)
        )
    end as waitlist_position,
    dated.link is null and dated.link_failed_at is null as link_pending,
    dated.link_failed_at is not null as is_on_backup_link
from dated
left join public.profiles as mentor on dated.mentor_id = mentor.id
left join public.session_attendance as attendance
    on dated.id = attendance.session_id and attendance.student_id = $3
left join public.session_registrations as registration
    on dated.id = registration.session_id and registration.student_id = $3
order by dated.start_time
