-- The calendar: every session the caller may see, cancelled ones left out, with its week and segment in the caller's
-- time zone.
-- `limit 1` keeps the planner from putting a function's call wherever its result is read: the zone is looked up once a
-- query and the clock once a row, not a dozen times a row (3,100 sessions: 47 ms instead of 816).
create view public.segmented_weekly_success_sessions
with (security_invoker = true)
as
select
    session.id,
    session.title,
    session.description,
    session.session_type,
    clock.status,
    session.course_id,
    session.batch_id,
    case
        when session.course_id is null then 'course-less'
        when session.batch_id is null then 'unbatched'
        else 'batch'
    end as audience,
    session.mentor_id,
    private.mentor_name(session.mentor_id) as mentor_name,
    session.start_time,
    session.end_time,
    session.timezone,
    caller.timezone as local_timezone,
    wall.local_start,
    session.end_time at time zone caller.timezone as local_end,
    wall.week_start,
    case
        when clock.status = 'completed' then 'past'
        when clock.status = 'live' then 'live'
        when wall.local_start::date = caller.today then 'today'
        when wall.week_start = caller.this_week then 'this_week'
        when wall.week_start = caller.this_week + 7 then 'next_week'
        else 'later'
    end as segment,
    session.platform,
    case when session.link_failed_at is null then session.link else session.backup_link end as link,
    session.backup_link,
    case when session.link_failed_at is null then session.zoom_meeting_id end as zoom_meeting_id,
    session.series_id,
    session.recurrence_id,
    session.sequence,
    opening.join_opens_at,
    (clock.status = 'live' or (clock.status = 'upcoming' and now() >= opening.join_opens_at))
    and num_nonnulls(session.link, session.link_failed_at) > 0
    and (
        not session.registration_required
        or registration.status is not distinct from 'registered'
        or coalesce(session.host_key between caller.hosts_from and caller.hosts_to, false)
    ) as can_join,
    attendance.status as attendance_status,
    attendance.joined_at,
    attendance.left_at,
    attendance.minutes_present,
    session.registration_required,
    case when session.registration_required then least(session.registration_closes_at, session.start_time) end
        as registration_closes_at,
    session.capacity,
    case when session.capacity is not null then private.seats_left(session.id, session.capacity) end as seats_left,
    registration.status as registration_status,
    case when registration.status = 'waitlisted' then private.my_waitlist_position(session.id) end
        as waitlist_position,
    session.link is null and session.link_failed_at is null as link_pending,
    session.link_failed_at is not null as is_on_backup_link
from public.success_sessions as session
cross join (
    select
        zone.timezone,
        zone.hosts_from,
        zone.hosts_to,
        (now() at time zone zone.timezone)::date as today,
        date_trunc('week', now() at time zone zone.timezone)::date as this_week
    from (
        select
            private.my_timezone() as timezone,
            private.my_hosts_from() as hosts_from,
            private.my_hosts_to() as hosts_to
        limit 1 -- noqa: AM09
    ) as zone
) as caller
cross join public.app_settings as settings
cross join lateral (
    select private.effective_session_status(session.status, session.start_time, session.end_time) as status
    limit 1 -- noqa: AM09
) as clock
cross join lateral (
    select
        session.start_time at time zone caller.timezone as local_start,
        date_trunc('week', session.start_time at time zone caller.timezone)::date as week_start
) as wall
cross join lateral (
    select session.start_time - make_interval(mins => settings.join_opens_minutes_before) as join_opens_at
) as opening
left join public.session_attendance as attendance
    on
        session.id = attendance.session_id
        and attendance.student_id = (select auth.uid())
left join public.session_registrations as registration
    on
        session.id = registration.session_id
        and registration.student_id = (select auth.uid())
where session.status <> 'cancelled';

comment on view public.segmented_weekly_success_sessions is
    'The caller''s calendar: every visible session that is not cancelled, with week and segment in the caller''s time zone, the status by the clock, and the caller''s own registration and attendance.';
comment on column public.segmented_weekly_success_sessions.id is 'The session.';
comment on column public.segmented_weekly_success_sessions.title is 'One line.';
comment on column public.segmented_weekly_success_sessions.description is 'Free text for those who take part.';
comment on column public.segmented_weekly_success_sessions.session_type is 'Kind of session.';
comment on column public.segmented_weekly_success_sessions.status is
    'Status by the clock, even before the stored one has moved.';
comment on column public.segmented_weekly_success_sessions.course_id is
    'Course whose active enrollments are the audience; null: explicit participants only.';
comment on column public.segmented_weekly_success_sessions.batch_id is
    'Batch of the course; null: the course''s unbatched students.';
comment on column public.segmented_weekly_success_sessions.audience is
    'batch, unbatched (the course''s students without a batch) or course-less (explicit participants only).';
comment on column public.segmented_weekly_success_sessions.mentor_id is 'Host; null while none is assigned.';
comment on column public.segmented_weekly_success_sessions.mentor_name is
    'Name of the host; null while none is assigned.';
comment on column public.segmented_weekly_success_sessions.start_time is 'Begin, an instant.';
comment on column public.segmented_weekly_success_sessions.end_time is 'End, an instant.';
comment on column public.segmented_weekly_success_sessions.timezone is 'IANA zone the wall-clock time is meant in.';
comment on column public.segmented_weekly_success_sessions.local_timezone is
    'The caller''s time zone, from the profile.';
comment on column public.segmented_weekly_success_sessions.local_start is
    'Wall-clock begin in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.local_end is 'Wall-clock end in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.week_start is
    'Monday of the session''s week in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.segment is
    'past, live, today, this_week, next_week or later, in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.platform is 'Video platform, meeting_platforms.id.';
comment on column public.segmented_weekly_success_sessions.link is
    'Address of the meeting without its secret part, the backup link where the usual one has failed; join_session gives the whole.';
comment on column public.segmented_weekly_success_sessions.backup_link is
    'Address to use when the platform fails, without its secret part.';
comment on column public.segmented_weekly_success_sessions.zoom_meeting_id is
    'Zoom''s meeting number; null where the usual link has failed.';
comment on column public.segmented_weekly_success_sessions.series_id is
    'Series it belongs to; null for a single session.';
comment on column public.segmented_weekly_success_sessions.recurrence_id is
    'The start that the rule of its series first gave it; null for a single session.';
comment on column public.segmented_weekly_success_sessions.sequence is
    'Revision for calendars (RFC 5545, section 3.8.7.4).';
comment on column public.segmented_weekly_success_sessions.join_opens_at is 'When join_session opens.';
comment on column public.segmented_weekly_success_sessions.can_join is
    'Whether join_session would let the caller in now: the time has come, the link is there, and students have a seat where one is needed.';
comment on column public.segmented_weekly_success_sessions.attendance_status is
    'The caller''s own attendance; null for none.';
comment on column public.segmented_weekly_success_sessions.joined_at is
    'The caller''s own first join; null: never there.';
comment on column public.segmented_weekly_success_sessions.left_at is
    'The caller''s own last leave; null while there, or never there.';
comment on column public.segmented_weekly_success_sessions.minutes_present is
    'The caller''s own minutes in the session.';
comment on column public.segmented_weekly_success_sessions.registration_required is
    'Whether students need a seat to join: register_for_session.';
comment on column public.segmented_weekly_success_sessions.registration_closes_at is
    'When registration closes, at the start at the latest; null where none is required.';
comment on column public.segmented_weekly_success_sessions.capacity is 'Number of seats; null: unlimited.';
comment on column public.segmented_weekly_success_sessions.seats_left is 'Free seats; null: unlimited.';
comment on column public.segmented_weekly_success_sessions.registration_status is
    'The caller''s own registration: registered, waitlisted or cancelled; null: never registered.';
comment on column public.segmented_weekly_success_sessions.waitlist_position is
    'The caller''s place in the waitlist, 1 gets the next free seat; null unless waitlisted.';
comment on column public.segmented_weekly_success_sessions.link_pending is
    'Whether the meeting is still being set up by its platform, and link is null until it is.';
comment on column public.segmented_weekly_success_sessions.is_on_backup_link is
    'Whether the usual link has failed and everybody meets through the backup link.';

revoke all on public.segmented_weekly_success_sessions from public, anon, authenticated, service_role;
grant select on public.segmented_weekly_success_sessions to authenticated;
