-- An academy with a year's business behind and before it: enough rows that reading a whole table shows in the plan.
-- Run it as the superuser. Triggers stay out of it, so that it takes seconds: nobody is mailed, nothing is audited.
set session_replication_role = replica;

insert into auth.users (id, email)
select
    md5('student ' || number)::uuid,
    format('student%s@example.test', number)
from generate_series(1, 12000) as number
union all
select
    md5('mentor ' || number)::uuid,
    format('mentor%s@example.test', number)
from generate_series(1, 100) as number
union all
select
    md5('manager ' || number)::uuid,
    format('manager%s@example.test', number)
from generate_series(1, 5) as number;

insert into public.profiles (id, full_name, timezone)
select
    id,
    split_part(email, '@', 1),
    'Europe/Berlin'
from auth.users;

insert into public.user_roles (user_id, role)
select
    id,
    case
        when full_name = 'manager1' then 'superadmin'
        when full_name = 'manager2' then 'admin'
        when full_name like 'manager%' then 'enrollment_manager'
        when full_name like 'mentor%' then 'mentor'
        else 'student'
    end::public.app_role
from public.profiles;

insert into public.courses (id, name)
select
    md5('course ' || number)::uuid,
    'Course ' || number
from generate_series(0, 99) as number;

insert into public.batches (id, course_id, name)
select
    md5(format('batch %s of %s', batch, course))::uuid,
    md5('course ' || course)::uuid,
    'Batch ' || batch
from generate_series(0, 99) as course, generate_series(1, 5) as batch;

-- Five courses each; one enrollment in six has no batch, one in seven is paused.
insert into public.course_enrollments (student_id, course_id, batch_id, status)
select
    md5('student ' || student)::uuid,
    md5('course ' || course)::uuid,
    case when batch > 0 then md5(format('batch %s of %s', batch, course))::uuid end,
    case when (student / 120 + nth) % 7 = 0 then 'paused' else 'active' end::public.enrollment_status
from generate_series(1, 12000) as student
cross join generate_series(0, 4) as nth
cross join lateral (
    select
        (student + nth * 20) % 100 as course,
        (student / 20 + nth) % 6 as batch
) as enrolled;

-- From half a year ago to half a year ahead, one every thirteen minutes.
insert into public.success_sessions (
    id, calendar_uid, title, course_id, batch_id, mentor_id, created_by, start_time, end_time, link, status,
    registration_required, capacity
)
select
    md5('session ' || number)::uuid,
    md5('session ' || number)::uuid,
    'Session ' || number,
    md5('course ' || course)::uuid,
    case when batch > 0 then md5(format('batch %s of %s', batch, course))::uuid end,
    md5('mentor ' || course + 1)::uuid,
    md5('manager 3')::uuid,
    start_time,
    start_time + interval '1 hour',
    'https://zoom.us/j/123456789',
    case
        when start_time > now() then 'upcoming'
        when start_time > now() - interval '1 hour' then 'live'
        else 'completed'
    end::public.session_status,
    has_seats,
    case when has_seats then 2 end
from generate_series(1, 40000) as number
cross join lateral (
    select
        number % 100 as course,
        number / 100 % 6 as batch,
        now() + (number - 20000) * interval '13 minutes' as start_time,
        number > 20000 and number % 7 = 0 as has_seats
) as scheduled;

insert into public.session_participants (session_id, user_id, added_by)
select
    md5('session ' || number * 3)::uuid,
    md5('student ' || number)::uuid,
    md5('manager 3')::uuid
from generate_series(1, 12000) as number;

-- Two of the students of a session with two seats have them, three more wait.
insert into public.session_registrations (session_id, student_id, status)
select
    wanted.session_id,
    wanted.student_id,
    case when wanted.nth > 2 then 'waitlisted' else 'registered' end::public.registration_status
from (
    select
        session.id as session_id,
        enrollment.student_id,
        row_number() over (partition by session.id order by enrollment.student_id) as nth
    from public.success_sessions as session
    inner join public.course_enrollments as enrollment
        on
            session.course_id = enrollment.course_id
            and session.batch_id is not distinct from enrollment.batch_id
            and enrollment.status = 'active'
    where session.registration_required
) as wanted
where wanted.nth <= 5;

insert into public.session_attendance (session_id, student_id, status, joined_at, minutes_present, source)
select
    md5('session ' || number % 20000 + 1)::uuid,
    md5('student ' || number % 12000 + 1)::uuid,
    'present',
    now(),
    60,
    'join'
from generate_series(1, 40000) as number;

-- One to each course and one to each batch, and what mentors no longer offer.
insert into public.booking_offers (
    id, mentor_id, title, audience, course_id, batch_id, start_time, rrule, exdates, window_minutes, is_active
)
select
    md5(format('offer of %s, batch %s, %s', course, batch, version))::uuid,
    md5('mentor ' || course + 1)::uuid,
    'Mentorship',
    case when batch = 0 then 'course' else 'batch' end::public.offer_audience,
    md5('course ' || course)::uuid,
    case when batch > 0 then md5(format('batch %s of %s', batch, course))::uuid end,
    now(),
    'FREQ=DAILY',
    '{}',
    480,
    version = 1
from generate_series(0, 99) as course
cross join generate_series(0, 5) as batch
cross join generate_series(1, 10) as version;

-- Every third of the one offer.
insert into public.session_bookings (session_id, offer_id, student_id, change_notice_minutes)
select
    md5('session ' || number * 3)::uuid,
    md5(format('offer of %s, batch 0, 2', case number % 3 when 0 then 50 else number % 100 end))::uuid,
    md5('student ' || number)::uuid,
    0
from generate_series(1, 12000) as number;

insert into public.calendar_feeds (id, owner_id)
select
    md5('feed of student ' || number)::uuid,
    md5('student ' || number)::uuid
from generate_series(1, 12000) as number;

insert into private.calendar_feed_tokens (token_hash, feed_id)
select
    sha256(convert_to('token of student ' || number, 'UTF8')),
    md5('feed of student ' || number)::uuid
from generate_series(1, 12000) as number;

insert into private.presence_events (session_id, user_id, kind, occurred_at, source)
select
    md5('session ' || number % 20000 + 1)::uuid,
    md5('student ' || number % 12000 + 1)::uuid,
    'join',
    now(),
    'join'
from generate_series(1, 40000) as number;

insert into private.unmatched_participants (id, session_id, platform, identity, full_name)
select
    md5('visitor ' || number)::uuid,
    md5('session ' || number % 20000 + 1)::uuid,
    'zoom',
    'key:visitor ' || number,
    'Visitor'
from generate_series(1, 20000) as number;

insert into private.presence_events (session_id, unmatched_id, kind, occurred_at, source, platform, event_id)
select
    md5('session ' || number % 20000 + 1)::uuid,
    md5('visitor ' || number)::uuid,
    'join',
    now(),
    'platform',
    'zoom',
    'event ' || number
from generate_series(1, 20000) as number;

insert into private.presence_reports (session_id, platform, report_id, started_at, ended_at, digest)
select
    md5('session ' || number)::uuid,
    'zoom',
    'report ' || number,
    now() - interval '400 days',
    now() - interval '399 days',
    ''
from generate_series(1, 20000) as number;

insert into public.session_excuses (session_id, student_id, reason)
select
    md5('session ' || number % 20000 + 1)::uuid,
    md5('student ' || number % 12000 + 1)::uuid,
    'Ill'
from generate_series(1, 20000) as number;

insert into public.session_recordings (id, session_id, is_published)
select
    md5('recording ' || number)::uuid,
    md5('session ' || number)::uuid,
    true
from generate_series(1, 20000) as number;

-- Two each, and of one what a third of all have watched.
insert into public.session_recording_views (recording_id, session_id, user_id)
select
    md5('recording ' || number % 20000 + 1)::uuid,
    md5('session ' || number % 20000 + 1)::uuid,
    md5('student ' || number % 12000 + 1)::uuid
from generate_series(1, 40000) as number
union all
select
    md5('recording 5')::uuid,
    md5('session 5')::uuid,
    md5('student ' || number)::uuid
from generate_series(1, 4000) as number;

-- As the clock has it.
select private.keep_audit_partitions();

insert into public.audit_log (actor_id, action, table_name, row_key, session_id)
select
    md5('student ' || number % 12000 + 1)::uuid,
    'join_session',
    'success_sessions',
    jsonb_build_object('id', md5('session ' || number % 20000 + 1)::uuid),
    md5('session ' || number % 20000 + 1)::uuid
from generate_series(1, 20000) as number;

-- Of sessions long gone, since nothing was encrypted: what counts is that there are names to be searched.
insert into vault.secrets (name, secret)
select
    format('success_sessions/%s/zoom_passcode', md5('past session ' || number)::uuid),
    ''
from generate_series(1, 12000) as number;

insert into notifier.events (session_id, new, through_id, expanded_at)
select
    md5('session ' || number)::uuid,
    '{"status": "upcoming"}',
    number,
    now()
from generate_series(1, 12000) as number;

insert into notifier.emails (event_id, session_id, recipient_id, kind, status, attempts, sent_at)
select
    number / 4 + 1,
    md5('session ' || number / 4 + 1)::uuid,
    md5('student ' || number % 12000 + 1)::uuid,
    'session_scheduled',
    'sent',
    1,
    now()
from generate_series(1, 40000) as number;

insert into private.host_presence (session_id, host_id, joined_at)
select
    id,
    mentor_id,
    start_time
from public.success_sessions
where status = 'completed';

insert into private.mentor_handovers (session_id, from_mentor_id, to_mentor_id)
select
    id,
    md5('mentor 50')::uuid,
    mentor_id
from public.success_sessions
where status = 'completed' and mentor_id <> md5('mentor 50')::uuid
limit 10000;

insert into public.session_ratings (session_id, student_id, rating)
select
    session_id,
    student_id,
    4
from public.session_attendance
limit 10000;

-- Of sessions gone, but for one that is to be made.
insert into public.meeting_accounts (id, platform, name, external_id)
values (md5('account')::uuid, 'zoom', 'Shared', 'shared@example.test');

insert into public.session_meetings (
    id, session_id, platform, meeting_account_id, is_wanted, external_id, link, done_revision, begun_at, due_at
)
select
    md5('meeting ' || number)::uuid,
    md5('session ' || number)::uuid,
    'zoom',
    md5('account')::uuid,
    true,
    80000000000 + number,
    'https://zoom.us/j/1',
    case when number = 1 then 0 else 1 end,
    now(),
    case when number = 1 then now() end
from generate_series(1, 20000) as number;

insert into private.personal_links (meeting_id, user_id)
select
    md5('meeting ' || number)::uuid,
    md5('student ' || number % 12000 + 1)::uuid
from generate_series(1, 20000) as number;

insert into private.platform_participants (session_id, participant_key, user_id)
select
    md5('session ' || number)::uuid,
    'registrant ' || number,
    md5('student ' || number % 12000 + 1)::uuid
from generate_series(1, 20000) as number;

-- Of what people may choose: everybody their own reminders, mentors the week, managers the report.
insert into public.notification_preferences (user_id, kind, reminder_minutes, due_at)
select
    id,
    case split_part(email, '@', 1) ~ '^student' when true then 'session_reminder' else 'weekly_summary' end,
    case when email ~ '^student' then array[60] end,
    case when email !~ '^student' then now() - interval '1 hour' end
from auth.users
union all
select
    id,
    'weekly_report',
    null,
    null
from auth.users
where email ~ '^manager';

insert into notifier.attendance_warnings (student_id, course_id, session_id)
select
    md5('student ' || number % 12000 + 1)::uuid,
    md5('course ' || number % 100)::uuid,
    md5('past session ' || number)::uuid
from generate_series(1, 20000) as number;

insert into notifier.report_mails (recipient_id, first_day, last_day, claim_id, held_until, sent_at)
select
    md5(format('manager %s', number % 5 + 1))::uuid,
    date '2000-01-03' + number,
    date '2000-01-09' + number,
    gen_random_uuid(),
    now(),
    now()
from generate_series(1, 10000) as number;

insert into notifier.enrollment_changes (
    student_id, course_id, was_active, is_active, position, created_at
)
select
    md5('student ' || number % 12000 + 1)::uuid,
    md5('course ' || number % 100)::uuid,
    false,
    true,
    number / 4,
    now() - interval '1 year'
from generate_series(1, 20000) as number;

insert into notifier.mail_events (id, kind, occurred_at, created_at)
select
    'event ' || number,
    'delivered',
    now(),
    now() - make_interval(mins => number)
from generate_series(1, 20000) as number;

insert into notifier.suppressions (address_hash, reason, suppressed_at)
select
    sha256(convert_to('gone ' || number, 'UTF8')),
    'bounced',
    now()
from generate_series(1, 10000) as number;

set session_replication_role = origin;
select private.rebuild_session_statistics();
analyze;
