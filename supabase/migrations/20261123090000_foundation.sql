-- Schemas, the notifier's role, types, and the functions that tables are built with.

-- == Schemas and roles ===============================================================================================

-- Platform extensions live in the schema `extensions`, as on Supabase. btree_gist lets one exclusion constraint compare
-- a mentor (uuid, =) and a time range (&&). pgcrypto makes keys and codes, and signs. Both are trusted extensions: no
-- superuser is needed to create them.
create schema if not exists extensions;
create extension if not exists btree_gist with schema extensions;
create extension if not exists pgcrypto with schema extensions;

-- Helpers, trigger functions, presence and audit: everything the API must not expose. PostgREST never lists this
-- schema; `authenticated` may look names up in it because row-level security policies call its helpers.
create schema private;
comment on schema private is
    'Helpers, trigger functions, presence and audit of the live sessions. Not exposed through PostgREST.';
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;

-- The outbox and its queue functions. The daemon logs in as role `notifier`, which may execute the functions of this
-- schema and do nothing else. Roles belong to the cluster, so an existing one is kept; an operator sets the password
-- (`alter role notifier password …`), which no migration may know. Its settings are what the daemon and its functions
-- rely on, whatever the database or server is set to.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'notifier') then
        create role notifier login noinherit;
        alter role notifier set default_transaction_isolation = 'read committed';
        alter role notifier set timezone = 'UTC';
        alter role notifier set datestyle = 'ISO';
        alter role notifier set intervalstyle = 'postgres';
        -- A crash must not forget that a mail was begun.
        alter role notifier set synchronous_commit = on;
    end if;
exception
    -- Another database of this cluster was being migrated at the same moment.
    when duplicate_object or unique_violation then null;
end
$$;

create schema notifier;
comment on schema notifier is
    'Outbox of the live sessions: events, emails and the functions by which the notifier drains them.';
revoke all on schema notifier from public;
grant usage on schema notifier to notifier;

-- == Types ===========================================================================================================

-- What a user may do on the platform; a user may hold several roles.
create type public.app_role as enum (
    'student', -- takes part in sessions of the own enrollments
    'mentor', -- hosts assigned sessions
    'enrollment_manager', -- manages sessions and enrollments
    'admin', -- manages sessions, enrollments and settings
    'superadmin' -- everything, deleting and granting roles included
);
comment on type public.app_role is 'What a user may do on the platform; a user may hold several roles.';

-- Where a session stands; completed is final, and so is cancelled unless a manager reinstates the session.
create type public.session_status as enum (
    'upcoming', -- not begun
    'live', -- begun, not over
    'completed', -- over; attendance is final
    'cancelled' -- called off; kept so that everybody can be told
);
comment on type public.session_status is
    'Where a session stands; completed is final, and so is cancelled unless a manager reinstates the session.';

-- What kind of live session it is.
create type public.session_type as enum (
    'success_session', -- for a cohort
    'mentorship', -- one-to-one
    'group_coaching' -- a coaching call for a group
);
comment on type public.session_type is 'What kind of live session it is.';

-- Where a student stands in a course; only active ones give access to sessions.
create type public.enrollment_status as enum (
    'active', -- takes part
    'paused', -- access suspended
    'completed', -- finished the course
    'withdrawn' -- left the course
);
comment on type public.enrollment_status is 'Where a student stands in a course; only active ones give access to sessions.';

-- What the attendance record of one student in one session says.
create type public.attendance_status as enum (
    'present', -- came in time and stayed
    'late', -- came later than late_after_minutes, of attendance_rules or else of app_settings
    'partial', -- stayed less than partial_below_percent, of attendance_rules or else of app_settings
    'absent', -- was never there
    'excused' -- absent with leave, decided by a person
);
comment on type public.attendance_status is 'What the attendance record of one student in one session says.';

-- Where an attendance value comes from; manual and import outrank the automatic ones.
create type public.attendance_source as enum (
    'join', -- join_session, check_in and leave_session; also of those of whom nothing was heard
    'platform', -- events of the video platform
    'manual', -- marked by the host or a manager
    'import' -- imported by the host or a manager
);
comment on type public.attendance_source is 'Where an attendance value comes from; manual and import outrank the automatic ones.';

-- Where a student's registration for a session stands.
create type public.registration_status as enum (
    'registered', -- has a seat
    'waitlisted', -- gets a seat when one becomes free
    'cancelled' -- given up by the student, or lost with the access to the session
);
comment on type public.registration_status is 'Where a student''s registration for a session stands.';

create type public.meeting_state as enum (
    'pending', -- to be created at the platform; the session has no link yet
    'changing', -- exists, and is to follow a change of its session
    'ready', -- exists, as its session is
    'ending', -- no longer wanted, and to be deleted at the platform
    'ended' -- deleted there, or never made
);
comment on type public.meeting_state is 'Where a meeting stands that the platform makes for a session.';

-- The write-only parts of a session, series or recording, each kept in Vault under its own name.
create type private.session_secret as enum (
    'zoom_passcode', -- the meeting's passcode
    'link', -- the whole link where it carries a pwd= parameter
    'backup_link', -- the whole backup link where it carries a pwd= parameter
    'host_link', -- the host's start link; never revealed to students
    'recording_url' -- the address of a recording, by the recording's id
);
comment on type private.session_secret is 'The write-only parts of a session, series or recording, each kept in Vault under its own name.';

-- What a raw presence event says.
create type private.presence_kind as enum (
    'join', -- a person came in
    'leave', -- a person went out
    'end' -- the platform closed the meeting, with everybody in it
);
comment on type private.presence_kind is 'What a raw presence event says.';

-- What became of a participant whom no key and no verified address named.
create type private.review_status as enum (
    'waiting', -- nobody has decided yet
    'linked', -- the host or a manager said who it was
    'dismissed' -- the host or a manager said that it counts for nobody
);
comment on type private.review_status is 'What became of a participant of a meeting whom nothing but a name told.';

-- What became of what a platform told.
create type public.presence_outcome as enum (
    'recorded', -- it counts
    'unmatched', -- recorded for nobody yet: the participant waits in the review queue, or was dismissed there
    'staff', -- the host or a manager, who have no attendance
    'duplicate', -- told before; nothing was changed
    'unknown_meeting' -- no session uses this meeting around that time; nothing was kept
);
comment on type public.presence_outcome is 'What became of a presence event or report of a meeting platform.';

-- Where a student's wish to be excused stands.
create type public.excuse_status as enum (
    'requested', -- waits for the host
    'approved', -- who does not come is excused instead of absent
    'declined', -- who does not come is absent
    'withdrawn' -- the student has taken it back
);
comment on type public.excuse_status is 'Where a student''s wish to be excused from a session stands.';

-- What record_presence and end_meeting answer.
create type public.presence_receipt as (
    outcome public.presence_outcome,
    session_id uuid,
    student_id uuid,
    participant_id uuid
);
comment on type public.presence_receipt is
    'Answer of record_presence and end_meeting: the outcome, the session (null: unknown meeting), the student it was recorded for, and the participant''s id in the review queue; the last two null where there is none.';

-- What reconcile_presence answers.
create type public.presence_report_receipt as (
    outcome public.presence_outcome,
    session_ids uuid [],
    recorded integer,
    unmatched integer
);
comment on type public.presence_report_receipt is
    'Answer of reconcile_presence: the outcome, the sessions it was about, and how many stays were recorded for students and for the review queue; stays of host and managers are in neither number.';

-- What open_recording answers.
create type public.recording_details as (
    recording_id uuid,
    session_id uuid,
    title text,
    url text,
    bucket_id text,
    storage_path text
);
comment on type public.recording_details is
    'Answer of open_recording: the address, or the bucket and path to ask Storage for (the other is null).';

-- What add_recording answers.
create type public.recording_receipt as (
    outcome public.presence_outcome,
    session_id uuid,
    recording_id uuid
);
comment on type public.recording_receipt is
    'Answer of add_recording: recorded, duplicate or unknown_meeting (then the rest is null), the session and the recording.';

-- One line of session_roster.
create type public.roster_entry as (
    student_id uuid,
    full_name text,
    is_learner boolean,
    registration_status public.registration_status,
    attendance_status public.attendance_status,
    joined_at timestamptz,
    left_at timestamptz,
    minutes_present integer,
    source public.attendance_source,
    note text,
    excuse_status public.excuse_status,
    excuse_reason text,
    participation_rate numeric
);
comment on type public.roster_entry is
    'A student of a session: name, whether they still take part, registration, attendance, minutes in the session, wish to be excused, and the share (0 to 1) of the course''s sessions so far that they attended, excused ones left out; null where there is nothing to say.';

-- What import_attendance says of one row.
create type public.attendance_import_row as (
    number integer,
    is_accepted boolean,
    student_id uuid,
    status public.attendance_status,
    problem text
);
comment on type public.attendance_import_row is
    'What import_attendance says of a row: its number from 1, whether it was written, for whom and what; problem says why not.';

-- One line of unmatched_participants.
create type public.unmatched_participant as (
    participant_id uuid,
    session_id uuid,
    title text,
    start_time timestamptz,
    platform text,
    full_name text,
    email text,
    first_seen_at timestamptz,
    last_seen_at timestamptz,
    status text,
    student_id uuid,
    decided_by uuid,
    decided_at timestamptz
);
comment on type public.unmatched_participant is
    'A participant of a meeting whom no key and no verified address names: as the platform calls them (null: nothing, or deleted after app_settings.unmatched_retention_days), when they were seen, and what was decided: waiting, linked (student_id), dismissed.';

-- What show_check_in_code answers.
create type public.check_in_code as (
    session_id uuid,
    code text,
    valid_until timestamptz
);
comment on type public.check_in_code is
    'Answer of show_check_in_code: six digits to show in the room, and when the next ones take their place; the old ones are taken for as long again.';

-- What check_in answers.
create type public.check_in_result as (
    is_accepted boolean,
    attendance_status public.attendance_status,
    guesses_left integer
);
comment on type public.check_in_result is
    'Answer of check_in: whether the code was right, the attendance it led to (null: none), and how many wrong codes are left before a pause.';

-- What keeps a mentor from hosting at some time, or an account from one more meeting: one row of private.mentor_clashes
-- and private.meeting_account_clashes.
create type private.mentor_clash as (
    -- session: the mentor hosts another one then; buffer: one too close to it; time_off: the mentor is away;
    -- meeting_account: it is one of those that the account hosts then.
    reason text,
    session_id uuid, -- null for time off
    title text, -- of the session; of time off the reason given, or null
    start_time timestamptz,
    end_time timestamptz
);
comment on type private.mentor_clash is
    'What is in the way of a session: reason (session, buffer, time_off, meeting_account), and the session or time off with its times.';

-- Why a series has no session on one of its dates.
create type public.series_skip_reason as enum (
    'blackout', -- the day is one of blackout_dates
    'clash', -- the mentor or the meeting account was not free, and such dates were to be skipped
    'failed' -- the clock could not make it, and tries again at session_series.retry_at
);
comment on type public.series_skip_reason is 'Why a series has no session on one of its dates.';

-- One mentor who is free: what available_mentors answers, one row each.
create type public.available_mentor as (
    mentor_id uuid,
    full_name text,
    timezone text, -- IANA, of the mentor's profile
    sessions integer, -- how many the mentor hosts in the 28 days around the period, cancelled ones left out
    minutes integer -- how long these are together
);
comment on type public.available_mentor is
    'A mentor who is free, and the load: sessions and minutes hosted in the 28 days around the period asked for.';

-- What join_session answers: all that a person needs to enter the meeting.
create type public.session_join_details as (
    session_id uuid,
    title text,
    description text,
    session_type public.session_type,
    start_time timestamptz,
    end_time timestamptz,
    timezone text,
    mentor_name text,
    platform text,
    link text,
    backup_link text,
    zoom_meeting_id text,
    passcode text,
    attendance_status public.attendance_status,
    is_on_backup_link boolean
);
comment on type public.session_join_details is
    'Answer of join_session: the session, its meeting credentials and the caller''s attendance (null for host and managers). is_on_backup_link: the usual link has failed, link is the backup link.';

-- What session_credentials answers, for hosts and managers only.
create type public.session_credential_details as (
    session_id uuid,
    platform text,
    link text,
    backup_link text,
    zoom_meeting_id text,
    passcode text,
    host_link text
);
comment on type public.session_credential_details is
    'Answer of session_credentials: the links in full, the passcode and the host''s start link; null where none is set.';

-- What register_for_session and cancel_registration answer.
create type public.registration_details as (
    session_id uuid,
    status public.registration_status,
    waitlist_position integer, -- 1 is next; null unless waitlisted
    seats_left integer, -- null where capacity is unlimited
    overlapping_sessions jsonb -- what else the student has at that time, so that nobody is booked twice unawares
);
comment on type public.registration_details is
    'The caller''s registration: status, place in the waitlist (1 is next; null unless waitlisted), free seats (null: unlimited), and what else the caller is registered for or invited to at that time, [{"session_id", "title", "start_time", "end_time"}], empty for nothing.';

-- To whom a mentor offers one-to-one meetings. Said outright, because a null batch means the unbatched elsewhere.
create type public.offer_audience as enum (
    'everybody', -- every student with an active enrollment, whatever the course
    'course', -- the active enrollments of course_id, in a batch or not
    'batch', -- those of batch_id
    'unbatched' -- those of course_id that are in no batch
);
comment on type public.offer_audience is
    'To whom a mentor offers one-to-one meetings: students with an active enrollment in any course, in one course, in one batch, or unbatched in one course.';

-- One slot that can be booked: what bookable_slots answers, one row each.
create type public.bookable_slot as (
    offer_id uuid,
    mentor_id uuid,
    mentor_name text,
    title text,
    start_time timestamptz,
    end_time timestamptz,
    timezone text, -- the offer's own
    local_start timestamp, -- what the caller's clock shows …
    local_end timestamp,
    local_timezone text, -- … in the zone of the caller's profile
    overlapping_session_ids uuid [] -- the caller's cohort sessions at that time
);
comment on type public.bookable_slot is
    'One free slot of a booking offer, with its times in the caller''s zone and the caller''s cohort sessions that it overlaps.';

-- What book_slot, move_booking and cancel_booking answer.
create type public.booking_details as (
    session_id uuid,
    offer_id uuid,
    title text,
    description text,
    mentor_id uuid,
    mentor_name text,
    start_time timestamptz,
    end_time timestamptz,
    timezone text,
    platform text,
    status public.session_status,
    cancel_reason text,
    changes_until timestamptz -- the last moment for move_booking and cancel_booking
);
comment on type public.booking_details is
    'A booked one-to-one meeting as its student is shown it: the session, the offer, and until when it may be moved or cancelled.';

-- What booking_offer_credentials answers, for the offer's mentor and managers only.
create type public.booking_offer_credential_details as (
    offer_id uuid,
    platform text,
    link text,
    backup_link text,
    zoom_meeting_id text,
    passcode text
);
comment on type public.booking_offer_credential_details is
    'Answer of booking_offer_credentials: where the meetings of an offer take place, in full; null where nothing is set.';

-- PostgREST serves what returns a domain named after a media type as that media type, to callers who accept it.
create domain public."text/calendar" as text;
comment on domain public."text/calendar" is 'An iCalendar object (RFC 5545), which PostgREST serves as text/calendar.';

-- One period of attendance_report. Rates are shares from 0 to 1 in four decimals, null where there is nothing to divide
-- by.
create type public.attendance_figures as (
    period_start date,
    period_end date,
    sessions bigint,
    cancelled_sessions bigint,
    expected bigint,
    attended bigint,
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric,
    previous_attendance_rate numeric,
    attendance_rate_change numeric,
    late_rate numeric,
    no_shows bigint,
    no_show_rate numeric,
    mean_minutes numeric,
    minutes_p10 integer,
    minutes_p50 integer,
    minutes_p90 integer,
    registered bigint,
    seats bigint,
    fill_rate numeric,
    ratings bigint,
    mean_rating numeric
);
comment on type public.attendance_figures is
    'Figures of one period over the sessions that began in it. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.attendance_figures.period_start is 'First day of the row.';
comment on column public.attendance_figures.period_end is 'Last day of the row.';
comment on column public.attendance_figures.sessions is 'Sessions that were completed.';
comment on column public.attendance_figures.cancelled_sessions is 'Sessions that were cancelled.';
comment on column public.attendance_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.attendance_figures.attended is 'present + late + partial.';
comment on column public.attendance_figures.present is 'Students marked present, once for each session.';
comment on column public.attendance_figures.late is 'Students marked late, once for each session.';
comment on column public.attendance_figures.partial is 'Students marked partial, once for each session.';
comment on column public.attendance_figures.absent is 'Students marked absent, once for each session.';
comment on column public.attendance_figures.excused is 'Students marked excused, once for each session.';
comment on column public.attendance_figures.attendance_rate is 'attended / expected.';
comment on column public.attendance_figures.previous_attendance_rate is 'attendance_rate of the period before.';
comment on column public.attendance_figures.attendance_rate_change is 'attendance_rate - previous_attendance_rate.';
comment on column public.attendance_figures.late_rate is 'late / attended.';
comment on column public.attendance_figures.no_shows is 'Students absent from sessions that need a registration.';
comment on column public.attendance_figures.no_show_rate is
    'no_shows / expected, in sessions that need a registration.';
comment on column public.attendance_figures.mean_minutes is
    'Minutes present / students, of those who attended and whose presence was measured (joined_at is known); one decimal.';
comment on column public.attendance_figures.minutes_p10 is
    'A tenth of those whose presence was measured stayed no longer than this. Exact but for rounding up to 5 minutes, beyond an hour to 75, 90, 120, 180, 240 or 1440.';
comment on column public.attendance_figures.minutes_p50 is
    'Half of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.attendance_figures.minutes_p90 is
    'Nine tenths of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.attendance_figures.registered is 'Seats taken, in sessions with a capacity.';
comment on column public.attendance_figures.seats is 'Seats there were, in sessions with a capacity.';
comment on column public.attendance_figures.fill_rate is
    'registered / seats; above 1 where fewer seats were left than were taken.';
comment on column public.attendance_figures.ratings is 'Students who rated, once for each session.';
comment on column public.attendance_figures.mean_rating is
    'Sum of the ratings / ratings, two decimals; null for mentors where there are fewer than three.';

-- One student in one period of student_participation. Rates as in attendance_figures.
create type public.participation_figures as (
    student_id uuid,
    full_name text,
    period_start date,
    period_end date,
    sessions bigint,
    expected bigint,
    attended bigint,
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric,
    previous_attendance_rate numeric,
    attendance_rate_change numeric,
    late_rate numeric,
    no_shows bigint,
    minutes_present bigint,
    mean_minutes numeric,
    stay_rate numeric,
    last_attended_at timestamptz
);
comment on type public.participation_figures is
    'Figures of one student in one period. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.participation_figures.student_id is 'The student.';
comment on column public.participation_figures.full_name is 'The student''s name.';
comment on column public.participation_figures.period_start is 'First day of the row.';
comment on column public.participation_figures.period_end is 'Last day of the row.';
comment on column public.participation_figures.sessions is 'Completed sessions with a record of the student.';
comment on column public.participation_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.participation_figures.attended is 'present + late + partial.';
comment on column public.participation_figures.present is 'Sessions in which the student was marked present.';
comment on column public.participation_figures.late is 'Sessions in which the student was marked late.';
comment on column public.participation_figures.partial is 'Sessions in which the student was marked partial.';
comment on column public.participation_figures.absent is 'Sessions in which the student was marked absent.';
comment on column public.participation_figures.excused is 'Sessions in which the student was marked excused.';
comment on column public.participation_figures.attendance_rate is 'attended / expected.';
comment on column public.participation_figures.previous_attendance_rate is 'attendance_rate of the period before.';
comment on column public.participation_figures.attendance_rate_change is
    'attendance_rate - previous_attendance_rate.';
comment on column public.participation_figures.late_rate is 'late / attended.';
comment on column public.participation_figures.no_shows is
    'Sessions that need a registration from which the student was absent.';
comment on column public.participation_figures.minutes_present is
    'Minutes present, in all sessions in which presence was measured (joined_at is known).';
comment on column public.participation_figures.mean_minutes is
    'minutes_present / sessions in which presence was measured; one decimal.';
comment on column public.participation_figures.stay_rate is
    'Minutes present / minutes scheduled, where presence was measured.';
comment on column public.participation_figures.last_attended_at is
    'Begin of the last session attended in the period; null: none.';

-- One session of session_effectiveness. Rates as in attendance_figures.
create type public.session_figures as (
    session_id uuid,
    title text,
    session_type public.session_type,
    course_id uuid,
    batch_id uuid,
    mentor_id uuid,
    mentor_name text,
    start_time timestamptz,
    local_start timestamp,
    scheduled_minutes integer,
    expected bigint,
    attended bigint,
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric,
    usual_attendance_rate numeric,
    attendance_rate_difference numeric,
    late_rate numeric,
    no_shows bigint,
    mean_minutes numeric,
    minutes_p10 integer,
    minutes_p50 integer,
    minutes_p90 integer,
    stay_rate numeric,
    registered bigint,
    seats bigint,
    fill_rate numeric,
    host_joined_at timestamptz,
    host_minutes_late numeric,
    is_handed_over boolean,
    ratings bigint,
    mean_rating numeric
);
comment on type public.session_figures is
    'Figures of one completed session. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.session_figures.session_id is 'The session.';
comment on column public.session_figures.title is 'Its title.';
comment on column public.session_figures.session_type is 'Its kind.';
comment on column public.session_figures.course_id is 'Its course; null: explicit participants only.';
comment on column public.session_figures.batch_id is 'Its batch; null: unbatched students.';
comment on column public.session_figures.mentor_id is 'The mentor who hosted it; null: nobody.';
comment on column public.session_figures.mentor_name is 'The mentor''s name; null: nobody.';
comment on column public.session_figures.start_time is 'Its begin.';
comment on column public.session_figures.local_start is 'Its begin on the clock of the report''s time zone.';
comment on column public.session_figures.scheduled_minutes is 'Its length, in minutes.';
comment on column public.session_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.session_figures.attended is 'present + late + partial.';
comment on column public.session_figures.present is 'Students marked present.';
comment on column public.session_figures.late is 'Students marked late.';
comment on column public.session_figures.partial is 'Students marked partial.';
comment on column public.session_figures.absent is 'Students marked absent.';
comment on column public.session_figures.excused is 'Students marked excused.';
comment on column public.session_figures.attendance_rate is 'attended / expected.';
comment on column public.session_figures.usual_attendance_rate is
    'attended / expected over all sessions of the same kind and course in the report.';
comment on column public.session_figures.attendance_rate_difference is 'attendance_rate - usual_attendance_rate.';
comment on column public.session_figures.late_rate is 'late / attended.';
comment on column public.session_figures.no_shows is 'Students absent, if a registration was needed.';
comment on column public.session_figures.mean_minutes is
    'Minutes present / students, of those who attended and whose presence was measured (joined_at is known); one decimal.';
comment on column public.session_figures.minutes_p10 is
    'A tenth of those whose presence was measured stayed no longer than this. Exact but for rounding up to 5 minutes, beyond an hour to 75, 90, 120, 180, 240 or 1440.';
comment on column public.session_figures.minutes_p50 is
    'Half of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.session_figures.minutes_p90 is
    'Nine tenths of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.session_figures.stay_rate is
    'Minutes present / minutes scheduled, where presence was measured.';
comment on column public.session_figures.registered is 'Seats taken.';
comment on column public.session_figures.seats is 'Seats there were; null: any number.';
comment on column public.session_figures.fill_rate is
    'registered / seats; above 1 where fewer seats were left than were taken.';
comment on column public.session_figures.host_joined_at is
    'When the mentor first joined, as join_session or the platform tells; null: not seen.';
comment on column public.session_figures.host_minutes_late is
    'Minutes from start_time to host_joined_at, one decimal; 0 when in time, null when not seen.';
comment on column public.session_figures.is_handed_over is 'Whether another mentor had the session first.';
comment on column public.session_figures.ratings is 'Students who rated it.';
comment on column public.session_figures.mean_rating is
    'Sum of the ratings / ratings, two decimals; null for mentors where there are fewer than three.';

-- One mentor in one period of mentor_performance. Rates as in attendance_figures.
create type public.mentor_figures as (
    mentor_id uuid,
    mentor_name text,
    period_start date,
    period_end date,
    sessions bigint,
    minutes_hosted bigint,
    cancelled_sessions bigint,
    cancellation_rate numeric,
    joined_in_time bigint,
    joined_late bigint,
    not_seen bigint,
    punctuality_rate numeric,
    mean_minutes_late numeric,
    taken_over bigint,
    handed_over bigint,
    expected bigint,
    attended bigint,
    attendance_rate numeric,
    previous_attendance_rate numeric,
    attendance_rate_change numeric,
    registered bigint,
    seats bigint,
    fill_rate numeric,
    ratings bigint,
    mean_rating numeric
);
comment on type public.mentor_figures is
    'Figures of one mentor in one period. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.mentor_figures.mentor_id is 'The mentor.';
comment on column public.mentor_figures.mentor_name is 'The mentor''s name.';
comment on column public.mentor_figures.period_start is 'First day of the row.';
comment on column public.mentor_figures.period_end is 'Last day of the row.';
comment on column public.mentor_figures.sessions is 'Sessions hosted and completed.';
comment on column public.mentor_figures.minutes_hosted is 'Scheduled minutes of the completed sessions.';
comment on column public.mentor_figures.cancelled_sessions is 'Sessions that were cancelled.';
comment on column public.mentor_figures.cancellation_rate is 'cancelled_sessions / (sessions + cancelled_sessions).';
comment on column public.mentor_figures.joined_in_time is 'Sessions that the mentor joined at the start or before.';
comment on column public.mentor_figures.joined_late is 'Sessions that the mentor joined after the start.';
comment on column public.mentor_figures.not_seen is 'Sessions of which it is not known whether the mentor joined.';
comment on column public.mentor_figures.punctuality_rate is 'joined_in_time / (joined_in_time + joined_late).';
comment on column public.mentor_figures.mean_minutes_late is
    'Minutes from the start to the mentor''s joining, of the sessions joined late; one decimal.';
comment on column public.mentor_figures.taken_over is 'Sessions hosted that another mentor had first.';
comment on column public.mentor_figures.handed_over is
    'Completed sessions that this mentor had first, and somebody else or nobody in the end.';
comment on column public.mentor_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.mentor_figures.attended is 'present + late + partial.';
comment on column public.mentor_figures.attendance_rate is 'attended / expected.';
comment on column public.mentor_figures.previous_attendance_rate is 'attendance_rate of the period before.';
comment on column public.mentor_figures.attendance_rate_change is 'attendance_rate - previous_attendance_rate.';
comment on column public.mentor_figures.registered is 'Seats taken, in sessions with a capacity.';
comment on column public.mentor_figures.seats is 'Seats there were, in sessions with a capacity.';
comment on column public.mentor_figures.fill_rate is
    'registered / seats; above 1 where fewer seats were left than were taken.';
comment on column public.mentor_figures.ratings is 'Students who rated, once for each session.';
comment on column public.mentor_figures.mean_rating is
    'Sum of the ratings / ratings, two decimals; null for mentors where there are fewer than three.';

-- A period that a report is about.
create type private.report_period as (
    period integer, -- 0 is the one before the first
    first_day date,
    last_day date,
    from_time timestamptz, -- midnight of first_day in the report's zone
    to_time timestamptz -- midnight after last_day
);
comment on type private.report_period is 'A period of a report: its days, and the instants between which they are.';

-- The sums of a report, for one of its periods and, where asked for, one mentor.
create type private.session_sums as (
    period integer, -- 0 is the one before the report's first
    host_key uuid, -- null where it is about all mentors
    sessions bigint, -- completed
    cancelled_sessions bigint,
    scheduled_minutes bigint, -- of the completed
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    minutes bigint,
    registered bigint, -- of the sessions with a capacity
    seats bigint,
    no_shows bigint, -- absent where a seat was needed
    expected_with_seat bigint, -- present, late, partial or absent where a seat was needed
    ratings bigint,
    rating_points bigint,
    stays bigint [] -- how many stayed how long, see private.stay_bounds
);
comment on type private.session_sums is 'Sums over the statistics of sessions, which figures are worked out from.';

-- What the aggregate public.csv returns: PostgREST serves it as that media type, to callers who accept it.
create domain public."text/csv" as text;
comment on domain public."text/csv" is 'A CSV file (RFC 4180), which PostgREST serves as text/csv.';

-- == What tables are built with ======================================================================================

-- A check constraint with a sentence: it passes as any check does (true or null) and otherwise raises the message a
-- frontend can show, with the constraint's name in the detail. Plain checks answer "violates check constraint …", which
-- helps nobody.
create function private.rule(holds boolean, name text, message text, remedy text)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if holds is not false then
        return true;
    end if;
    raise exception using
        errcode = '22023',
        message = rule.message,
        detail = 'constraint ' || rule.name,
        hint = rule.remedy,
        constraint = rule.name;
end
$$;
comment on function private.rule(boolean, text, text, text) is
    'Body of check constraints: true when the rule holds or is unknown, else 22023 with the message, the constraint''s name and the remedy.';
revoke execute on function private.rule(boolean, text, text, text) from public;
grant execute on function private.rule(boolean, text, text, text) to authenticated, service_role;
-- What frontends make a link of. Browsers follow no address whose port is none; an empty one is that of the scheme
-- (RFC 3986, section 3.2.3).
create function private.is_web_address(address text)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_port text := substring(address from '^[^/]+//[^/?#]*:([^]@/?#]*)([/?#]|$)');
begin
    return address ~* '^https?://[^\s/?#]+\S*$'
        and (coalesce(v_port, '') = '' or v_port ~ '^[0-9]{1,5}$' and v_port::integer between 1 and 65535);
end
$$;
comment on function private.is_web_address(text) is
    'Whether it is an http(s) address without spaces, whose port, if it names one, is from 1 to 65535; null for null.';
revoke execute on function private.is_web_address(text) from public;
grant execute on function private.is_web_address(text) to authenticated, service_role;

-- A subset of JSON Schema (draft 2020-12), small enough to be read in one sitting. What is not understood is refused
-- when the schema is saved: a keyword that is ignored would be a rule that nobody keeps.
create function private.json_schema_refusal(schema jsonb, path text default '$')
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_types constant text [] := array['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
    v_keyword record;
    v_property record;
    v_is_right boolean;
    v_refusal text;
begin
    if jsonb_typeof(schema) is distinct from 'object' then
        return format('%s must be an object', path);
    end if;
    for v_keyword in select entry.key, entry.value from jsonb_each(schema) as entry order by entry.key loop
        case v_keyword.key
            when 'title', 'description', 'pattern' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'string';
            when 'minLength', 'maxLength' then
                v_is_right := v_keyword.value #>> '{}' ~ '^[0-9]{1,6}$' and jsonb_typeof(v_keyword.value) = 'number';
            when 'type' then
                v_is_right := case jsonb_typeof(v_keyword.value)
                    when 'string' then v_keyword.value #>> '{}' = any(v_types)
                    when 'array' then
                        v_keyword.value <> '[]' and v_keyword.value <@ to_jsonb(v_types)
                    else false
                end;
            when 'required' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'array'
                    and not jsonb_path_exists(v_keyword.value, 'strict $[*] ? (@.type() != "string")');
            when 'enum' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'array' and v_keyword.value <> '[]';
            when 'properties' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'object';
            when 'additionalProperties' then
                v_is_right := jsonb_typeof(v_keyword.value) in ('boolean', 'object');
            else
                return format(
                    '%s has the keyword %s, which is not supported', path, quote_literal(left(v_keyword.key, 60))
                );
        end case;
        if v_is_right is not true then
            return format('%s.%s has a value that the keyword does not take', path, v_keyword.key);
        end if;

        case v_keyword.key
            when 'pattern' then
                begin
                    perform regexp_like('', v_keyword.value #>> '{}');
                exception when invalid_regular_expression then
                    return format('%s.pattern is not a regular expression', path);
                end;
            when 'properties' then
                for v_property in select entry.key, entry.value from jsonb_each(v_keyword.value) as entry loop
                    v_refusal := private.json_schema_refusal(v_property.value, format('%s.%s', path, v_property.key));
                    if v_refusal is not null then
                        return v_refusal;
                    end if;
                end loop;
            when 'additionalProperties' then
                if jsonb_typeof(v_keyword.value) = 'object' then
                    v_refusal := private.json_schema_refusal(v_keyword.value, path || '.*');
                    if v_refusal is not null then
                        return v_refusal;
                    end if;
                end if;
            else null;
        end case;
    end loop;
    return null;
end
$$;
comment on function private.json_schema_refusal(jsonb, text) is
    'Why this is no schema that private.json_schema_violation understands; null: it is one. Keywords: type, required, properties, additionalProperties, enum, pattern (a regular expression of Postgres, not anchored), minLength, maxLength, title, description.';
revoke execute on function private.json_schema_refusal(jsonb, text) from public;
grant execute on function private.json_schema_refusal(jsonb, text) to authenticated, service_role;

-- The first thing that is wrong, by the path a person can follow; never the value, which may be a secret.
create function private.json_schema_violation(schema jsonb, value jsonb, path text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type text := jsonb_typeof(value);
    v_text text := value #>> '{}';
    v_allowed jsonb := case jsonb_typeof(schema -> 'type')
        when 'array' then schema -> 'type'
        when 'string' then jsonb_build_array(schema -> 'type')
    end;
    v_rest jsonb := schema -> 'additionalProperties';
    v_name text;
    v_property record;
    v_violation text;
begin
    if v_allowed is not null
        and (
            v_allowed ? v_type
            -- 1.0 is an integer, too (JSON Schema Validation, section 6.1.1).
            or case when v_type = 'number' and v_allowed ? 'integer' then trunc(v_text::numeric) = v_text::numeric end
        ) is not true
    then
        return format('%s must be %s', path, (
            select string_agg(allowed.name, ' or ' order by allowed.position)
            from jsonb_array_elements_text(v_allowed) with ordinality as allowed (name, position)
        ));
    end if;
    if schema ? 'enum' and not schema -> 'enum' @> jsonb_build_array(value) then
        return format('%s must be one of %s', path, schema -> 'enum');
    end if;
    if v_type = 'string' then
        if char_length(v_text) < (schema ->> 'minLength')::integer then
            return format('%s must have at least %s characters', path, schema ->> 'minLength');
        end if;
        if char_length(v_text) > (schema ->> 'maxLength')::integer then
            return format('%s must have at most %s characters', path, schema ->> 'maxLength');
        end if;
        if v_text !~ (schema ->> 'pattern') then
            return format('%s must match %s', path, schema ->> 'pattern');
        end if;
    end if;
    if v_type = 'object' then
        for v_name in select needed.name from jsonb_array_elements_text(schema -> 'required') as needed (name) loop
            if not value ? v_name then
                return format('%s.%s is missing', path, v_name);
            end if;
        end loop;
        for v_property in select entry.key, entry.value from jsonb_each(value) as entry order by entry.key loop
            if schema -> 'properties' ? v_property.key then
                v_violation := private.json_schema_violation(
                    schema -> 'properties' -> v_property.key, v_property.value, format('%s.%s', path, v_property.key)
                );
            elsif v_rest = 'false' then
                v_violation := format('%s.%s is not a known field', path, left(v_property.key, 60));
            elsif jsonb_typeof(v_rest) = 'object' then
                v_violation := private.json_schema_violation(
                    v_rest, v_property.value, format('%s.%s', path, v_property.key)
                );
            end if;
            if v_violation is not null then
                return v_violation;
            end if;
        end loop;
    end if;
    return null;
end
$$;
comment on function private.json_schema_violation(jsonb, jsonb, text) is
    'What is wrong with a value by a schema that private.json_schema_refusal accepts, naming the place below path but never the value; null: nothing.';
revoke execute on function private.json_schema_violation(jsonb, jsonb, text) from public;

-- One key per audience: a course and one of its batches, or the course's unbatched students. A digest, so that both
-- columns fit into one that an index can be searched by with a list of keys, nulls included.
create function private.audience_key(course_id uuid, batch_id uuid)
returns uuid
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return pg_catalog.md5(course_id::text || '/' || coalesce(batch_id::text, 'unbatched'))::uuid;
end
$$;
comment on function private.audience_key(uuid, uuid) is
    'The key shared by the sessions and the active enrollments of one audience; batch_id null means the unbatched; null without a course.';
revoke execute on function private.audience_key(uuid, uuid) from public;
grant execute on function private.audience_key(uuid, uuid) to authenticated, service_role;

-- One key per audience of an offer, so that row-level security can search by a list of them. A batch and the unbatched
-- have the keys that sessions have.
create function private.offer_key(audience public.offer_audience, course_id uuid, batch_id uuid)
returns uuid
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case audience
        when 'everybody'::public.offer_audience then '00000000-0000-0000-0000-000000000000'::uuid
        when 'course'::public.offer_audience then pg_catalog.md5(course_id::text || '/everybody')::uuid
        else private.audience_key(course_id, batch_id)
    end;
end
$$;
comment on function private.offer_key(public.offer_audience, uuid, uuid) is
    'The key shared by the booking offers to one audience and the active enrollments that belong to it.';
revoke execute on function private.offer_key(public.offer_audience, uuid, uuid) from public;
grant execute on function private.offer_key(public.offer_audience, uuid, uuid) to authenticated, service_role;

-- One spelling of a meeting's id on its platform, for the index that webhooks find their session by.
create function private.meeting_key(zoom_meeting_id text, platform_data jsonb)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(translate(zoom_meeting_id, ' -', ''), platform_data ->> 'meeting_id');
end
$$;
comment on function private.meeting_key(text, jsonb) is
    'The meeting''s id on its platform: zoom_meeting_id without blanks and dashes, else platform_data.meeting_id; null where neither is known.';
revoke execute on function private.meeting_key(text, jsonb) from public;
grant execute on function private.meeting_key(text, jsonb) to authenticated, service_role;

-- A short list, so that the clock watches a handful of moments before each session, whatever people choose.
create function private.reminder_choices()
returns integer[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array[5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 10080];
end
$$;
comment on function private.reminder_choices() is
    'How many minutes before a session somebody can be reminded of it, from five to a week.';
revoke execute on function private.reminder_choices() from public;
grant execute on function private.reminder_choices() to authenticated, service_role;

-- What people may switch off. The others carry what somebody relies on: that and when a session takes place or does
-- not, who hosts it, who has a seat, how to get in.
create function private.optional_mail_kinds()
returns text[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array[
        'session_updated',
        'session_reminder',
        'recording_available',
        'attendance_summary',
        'attendance_warning',
        'weekly_summary'
    ];
end
$$;
comment on function private.optional_mail_kinds() is
    'Kinds of mail (notifier.email_kind) that people may switch off. A session_updated that says that the meeting''s details changed goes out nevertheless; weekly_summary is off unless somebody asks for it.';
revoke execute on function private.optional_mail_kinds() from public;
grant execute on function private.optional_mail_kinds() to authenticated, service_role;
