-- The live sessions. Times are instants; `timezone` is the zone the wall-clock time is meant in.
create table public.success_sessions (
    id uuid not null default gen_random_uuid(),
    title text not null,
    description text,
    session_type public.session_type not null default 'success_session',
    status public.session_status not null default 'upcoming',
    course_id uuid,
    batch_id uuid,
    mentor_id uuid,
    start_time timestamptz not null,
    -- This default and that of calendar_uid make the fields optional in typed clients; the trigger
    -- success_sessions_1_defaults sets the values.
    end_time timestamptz not null default nullif(now(), now()),
    timezone text not null default 'UTC',
    platform text not null default 'zoom',
    meeting_account_id uuid,
    link text,
    backup_link text,
    link_failed_at timestamptz,
    link_failure_note text,
    zoom_meeting_id text,
    zoom_passcode text,
    platform_data jsonb not null default '{}',
    registration_required boolean not null default false,
    registration_closes_at timestamptz,
    capacity integer,
    reminder_minutes integer[],
    cancel_reason text,
    series_id uuid,
    recurrence_id timestamptz,
    series_date date,
    calendar_uid uuid not null default gen_random_uuid(),
    sequence integer not null default 0,
    credentials_updated_at timestamptz,
    backup_credentials_updated_at timestamptz,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    audience_key uuid generated always as (private.audience_key(course_id, batch_id)) stored,
    host_key uuid not null generated always as (
        coalesce(mentor_id, '00000000-0000-0000-0000-000000000000'::uuid)
    ) stored,
    status_due_at timestamptz generated always as (
        case status when 'upcoming' then start_time when 'live' then end_time end
    ) stored,
    constraint success_sessions_pkey primary key (id),
    constraint success_sessions_course_id_fkey
    foreign key (course_id) references public.courses (id),
    constraint success_sessions_batch_id_of_course_fkey
    foreign key (batch_id, course_id) references public.batches (id, course_id),
    constraint success_sessions_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id),
    constraint success_sessions_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint success_sessions_timezone_fkey
    foreign key (timezone) references private.time_zones (name) on update cascade,
    constraint success_sessions_platform_fkey
    foreign key (platform) references public.meeting_platforms (id) on update cascade,
    constraint success_sessions_series_id_fkey
    foreign key (series_id) references public.session_series (id),
    constraint success_sessions_calendar_uid_recurrence_id_key
    unique nulls not distinct (calendar_uid, recurrence_id),
    constraint success_sessions_series_id_with_recurrence_id check (
        private.rule(
            (series_id is null) = (recurrence_id is null) and (series_id is not null or series_date is null),
            'success_sessions_series_id_with_recurrence_id',
            'series_id and recurrence_id belong together, and series_date to them',
            'Create series with create_recurring_session.'
        )
    ),
    constraint success_sessions_meeting_account_id_of_platform_fkey
    foreign key (meeting_account_id, platform) references public.meeting_accounts (id, platform),
    constraint success_sessions_title_not_blank check (
        private.rule(
            btrim(title) <> '' and char_length(title) <= 200 and title !~ '[[:cntrl:]]',
            'success_sessions_title_not_blank',
            'title must be one line of 1 to 200 characters',
            'Give the session a title that is not blank.'
        )
    ),
    constraint success_sessions_description_length check (
        private.rule(
            char_length(description) <= 10000,
            'success_sessions_description_length',
            'description must be at most 10,000 characters',
            'Shorten the description.'
        )
    ),
    constraint success_sessions_batch_id_needs_course check (
        private.rule(
            batch_id is null or course_id is not null,
            'success_sessions_batch_id_needs_course',
            'batch_id needs a course_id',
            'Send the course the batch belongs to, or leave both out.'
        )
    ),
    -- A slip in the year would break what works with the session: times near the ends of Postgres' range fail when a
    -- reminder is counted back from them, and calendar programs read years of four digits.
    constraint success_sessions_start_time_range check (
        private.rule(
            start_time >= '2000-01-01 00:00+00' and start_time < '2200-01-01 00:00+00',
            'success_sessions_start_time_range',
            'start_time must be in the years 2000 to 2199',
            'Check the year; send an instant such as 2027-03-01T18:00:00+01:00.'
        )
    ),
    constraint success_sessions_end_time_after_start check (
        private.rule(
            end_time > start_time,
            'success_sessions_end_time_after_start',
            'end_time must be after start_time',
            'Send an end_time after start_time, or leave it out on creation for 60 minutes.'
        )
    ),
    constraint success_sessions_end_time_within_a_day check (
        private.rule(
            end_time <= start_time + interval '24 hours',
            'success_sessions_end_time_within_a_day',
            'end_time must be at most 24 hours after start_time',
            'Shorten the session or split it.'
        )
    ),
    constraint success_sessions_link_is_http check (
        private.rule(
            private.is_web_address(link) and char_length(link) <= 2000,
            'success_sessions_link_is_http',
            'link must be an http(s) address without spaces',
            'Send the meeting''s address, such as https://zoom.us/j/123456789.'
        )
    ),
    -- link may be null only while a meeting account is to make the meeting. Whether that account can make one is
    -- checked by the trigger success_sessions_5_host_account.
    constraint success_sessions_link_unless_account_makes_it check (
        private.rule(
            link is not null or meeting_account_id is not null,
            'success_sessions_link_unless_account_makes_it',
            'link must not be null',
            'Send the meeting''s address, or run the session on a meeting account that makes meetings.'
        )
    ),
    constraint success_sessions_backup_link_is_http check (
        private.rule(
            private.is_web_address(backup_link) and char_length(backup_link) <= 2000,
            'success_sessions_backup_link_is_http',
            'backup_link must be an http(s) address without spaces',
            'Send the backup meeting''s address, or null for none.'
        )
    ),
    constraint success_sessions_link_failed_at_needs_backup_link check (
        private.rule(
            link_failed_at is null or backup_link is not null,
            'success_sessions_link_failed_at_needs_backup_link',
            'backup_link is in use, because link has failed',
            'Call withdraw_link_failure first, or send another link.'
        )
    ),
    constraint success_sessions_link_failure_note_length check (
        private.rule(
            char_length(link_failure_note) <= 500,
            'success_sessions_link_failure_note_length',
            'note must be at most 500 characters',
            'Shorten the note.'
        )
    ),
    constraint success_sessions_zoom_meeting_id_format check (
        private.rule(
            zoom_meeting_id ~ '^[0-9]([ -]?[0-9]){8,10}$',
            'success_sessions_zoom_meeting_id_format',
            'zoom_meeting_id must be 9 to 11 digits',
            'Send the meeting''s number as Zoom shows it, such as 123 456 789.'
        )
    ),
    constraint success_sessions_platform_data_is_object check (
        private.rule(
            jsonb_typeof(platform_data) = 'object',
            'success_sessions_platform_data_is_object',
            'platform_data must be a JSON object',
            'Send an object of platform-specific fields, or leave it out.'
        )
    ),
    -- The meeting's id is indexed, and what is written is copied into the audit log.
    constraint success_sessions_platform_data_length check (
        private.rule(
            char_length(platform_data::text) <= 10000 and char_length(platform_data ->> 'meeting_id') <= 500,
            'success_sessions_platform_data_length',
            'platform_data must be at most 10,000 characters, and its meeting_id at most 500',
            'Send only the fields that the platform needs.'
        )
    ),
    constraint success_sessions_capacity_positive check (
        private.rule(
            capacity >= 1,
            'success_sessions_capacity_positive',
            'capacity must be at least 1',
            'Send the number of seats, or null for no limit.'
        )
    ),
    constraint success_sessions_capacity_needs_registration check (
        private.rule(
            capacity is null or registration_required,
            'success_sessions_capacity_needs_registration',
            'capacity needs registration_required',
            'Seats are counted by registration: send registration_required true, or capacity null.'
        )
    ),
    constraint success_sessions_registration_closes_at_needs_registration check (
        private.rule(
            registration_closes_at is null or registration_required,
            'success_sessions_registration_closes_at_needs_registration',
            'registration_closes_at needs registration_required',
            'Send registration_required true, or registration_closes_at null.'
        )
    ),
    constraint success_sessions_registration_closes_at_range check (
        private.rule(
            registration_closes_at >= '2000-01-01 00:00+00' and registration_closes_at < '2200-01-01 00:00+00',
            'success_sessions_registration_closes_at_range',
            'registration_closes_at must be in the years 2000 to 2199',
            'Check the year; send an instant such as 2027-03-01T18:00:00+01:00.'
        )
    ),
    constraint success_sessions_reminder_minutes_known check (
        private.rule(
            reminder_minutes <@ private.reminder_choices()
            and cardinality(reminder_minutes) <= cardinality(private.reminder_choices()),
            'success_sessions_reminder_minutes_known',
            'reminder_minutes must be some of 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320 and 10080',
            'Send the minutes before the start at which reminders go out, [] for none, or null for the platform''s.'
        )
    ),
    constraint success_sessions_cancel_reason_when_cancelled check (
        private.rule(
            cancel_reason is null or status = 'cancelled',
            'success_sessions_cancel_reason_when_cancelled',
            'cancel_reason belongs to cancelled sessions only',
            'Send status cancelled with it, or leave it out.'
        )
    ),
    constraint success_sessions_cancel_reason_length check (
        private.rule(
            char_length(cancel_reason) <= 1000,
            'success_sessions_cancel_reason_length',
            'cancel_reason must be at most 1,000 characters',
            'Shorten the reason.'
        )
    ),
    -- Two writers at once cannot book a mentor twice: the second waits for the first and is refused (23P01).
    constraint success_sessions_mentor_id_no_overlap exclude using gist (
        mentor_id with =,
        tstzrange(start_time, end_time) with &&
    ) where (mentor_id is not null and status in ('upcoming', 'live'))
);
comment on table public.success_sessions is
    'Live sessions: success sessions of a cohort, one-to-one mentorship, group coaching. Seen by its audience, its mentor, its participants and managers.';
comment on column public.success_sessions.id is 'The session.';
comment on column public.success_sessions.title is 'One line, not blank, at most 200 characters.';
comment on column public.success_sessions.description is 'Free text for those who take part, at most 10,000 characters.';
comment on column public.success_sessions.session_type is 'Kind of session.';
comment on column public.success_sessions.status is
    'Moves upcoming, live, completed by the clock; a person may start, end or cancel it. completed and cancelled are final, except that a manager may reinstate a cancelled session that has not begun.';
comment on column public.success_sessions.course_id is
    'Course whose active enrollments are the audience; null: explicit participants only.';
comment on column public.success_sessions.batch_id is 'Batch of the course; null: the course''s unbatched students.';
comment on column public.success_sessions.mentor_id is 'Host, a user with the role mentor; null while none is assigned. Never booked twice at one time.';
comment on column public.success_sessions.start_time is 'Begin, an instant.';
comment on column public.success_sessions.end_time is 'End, an instant after start_time and at most 24 hours later; 60 minutes after it when left out on creation. Moves to now when a person ends the session early.';
comment on column public.success_sessions.timezone is 'IANA zone the wall-clock time is meant in.';
comment on column public.success_sessions.platform is 'Video platform, meeting_platforms.id.';
comment on column public.success_sessions.meeting_account_id is
    'The licensed account the meeting runs on, meeting_accounts.id, of the same platform; null: none is counted. Chosen by managers; left behind when the platform changes.';
comment on column public.success_sessions.link is
    'Address of the meeting, http(s). A pwd= parameter is moved into Vault; join_session gives the whole link back. May be left out where the platform has a meeting account with an external_id: the meeting is then made in the background, and link is null until it is there (session_meetings).';
comment on column public.success_sessions.backup_link is 'Address to use when the platform fails; treated as link is.';
comment on column public.success_sessions.link_failed_at is
    'Since when everybody is led to backup_link, because link does not work; null: link is used. Written by report_link_failure.';
comment on column public.success_sessions.link_failure_note is
    'What whoever reported it told everybody, at most 500 characters; null: nothing.';
comment on column public.success_sessions.zoom_meeting_id is 'Zoom''s meeting number, 9 to 11 digits.';
comment on column public.success_sessions.zoom_passcode is
    'Write-only: what is sent goes into Vault and reads back as null. Null leaves the stored passcode as it is, the empty string removes it. Revealed by join_session and session_credentials.';
comment on column public.success_sessions.platform_data is
    'Platform-specific fields, at most 10,000 characters. The key host_link (the host''s start link, http(s)) is write-only as zoom_passcode is.';
comment on column public.success_sessions.registration_required is
    'Whether students need a seat to join: register_for_session.';
comment on column public.success_sessions.registration_closes_at is
    'When registration closes; null, or later than start_time: at the start. Only with registration_required.';
comment on column public.success_sessions.capacity is
    'Number of seats, at least 1; null: unlimited. Only with registration_required. Raising it promotes the waitlist; lowering it takes no seat away.';
comment on column public.success_sessions.reminder_minutes is
    'Minutes before the start at which reminders of this session go out, chosen as in app_settings; empty: none; null: the platform''s. People who have chosen their own keep those.';
comment on column public.success_sessions.cancel_reason is 'Why it was cancelled, told to everybody; at most 1,000 characters.';
comment on column public.success_sessions.series_id is 'Series it belongs to; null for a single session.';
comment on column public.success_sessions.recurrence_id is
    'The start that the rule of its series first gave it (RFC 5545, section 3.8.4.4); never changes. Null for a single session.';
comment on column public.success_sessions.series_date is
    'The day of the series, in the series'' zone, that it stands for, wherever it was moved; null for a single session, and for one whose day a change of the rule has removed.';
comment on column public.success_sessions.calendar_uid is
    'UID in calendars, for life: its own id, or the first one of its series.';
comment on column public.success_sessions.sequence is 'Revision for calendars, rises with each change people see (RFC 5545, section 3.8.7.4).';
comment on column public.success_sessions.credentials_updated_at is
    'When a write-only part last changed, but for that of backup_link; null: never set.';
comment on column public.success_sessions.backup_credentials_updated_at is
    'When the pwd= of backup_link last changed; null: never set.';
comment on column public.success_sessions.created_by is 'Who created it; null: the system, or a user since deleted.';
comment on column public.success_sessions.created_at is 'When it was created.';
comment on column public.success_sessions.updated_at is 'When it last changed.';
comment on column public.success_sessions.audience_key is
    'Generated: course and batch as one key, which row-level security searches by; null without a course.';
comment on column public.success_sessions.host_key is
    'Generated: mentor_id, or the zero uuid, which row-level security searches by.';
comment on column public.success_sessions.status_due_at is 'Generated: when the clock next moves the status; null when it does not.';
comment on constraint success_sessions_mentor_id_no_overlap on public.success_sessions is
    'A mentor hosts one upcoming or live session at a time.';

-- What row-level security searches by, together with the period asked for. There is no index on start_time alone on
-- purpose: it tempts the planner into reading everybody's sessions of the period (5.9 ms a calendar instead of 0.7).
create index success_sessions_audience_key_start_time_idx on public.success_sessions (audience_key, start_time);
create index success_sessions_host_key_start_time_idx on public.success_sessions (host_key, start_time);
-- What the clock searches by.
create index success_sessions_status_due_at_idx
on public.success_sessions (status_due_at) where status_due_at is not null;
-- For filters by course, batch and mentor. The policy adds a range over host_key, which the planner takes for one row
-- in two hundred, though for managers it is every session: indexes without host_key would be combined with a scan of
-- the whole index on hosts.
create index success_sessions_course_id_batch_id_host_key_idx
on public.success_sessions (course_id, batch_id, host_key);
create index success_sessions_batch_id_course_id_host_key_idx
on public.success_sessions (batch_id, course_id, host_key);
create index success_sessions_mentor_id_host_key_idx on public.success_sessions (mentor_id, host_key);
create index success_sessions_created_by_idx on public.success_sessions (created_by);
create index success_sessions_timezone_idx on public.success_sessions (timezone);
-- What an account hosts in a period.
create index success_sessions_meeting_account_id_platform_start_time_idx
on public.success_sessions (meeting_account_id, platform, start_time) where meeting_account_id is not null;
create index success_sessions_platform_idx on public.success_sessions (platform);
create index success_sessions_series_id_series_date_idx on public.success_sessions (series_id, series_date);
-- What the platforms' webhooks search by: a meeting's sessions around a time.
create index success_sessions_meeting_key_start_time_idx
on public.success_sessions (platform, private.meeting_key(zoom_meeting_id, platform_data), start_time)
where private.meeting_key(zoom_meeting_id, platform_data) is not null;
