-- A series: the rule that its dates follow, and what a session of it is when nothing else was said. Its sessions are
-- made from it and compared with it: a field in which one differs was changed for that session alone.
create table public.session_series (
    id uuid not null default gen_random_uuid(),
    calendar_uid uuid not null,
    rrule text not null,
    start_time timestamptz not null,
    timezone text not null default 'UTC',
    duration interval not null,
    exdates date[] not null default '{}',
    first_date date,
    last_date date,
    next_start timestamptz,
    retry_at timestamptz,
    title text not null,
    description text,
    session_type public.session_type not null default 'success_session',
    course_id uuid,
    batch_id uuid,
    mentor_id uuid,
    platform text not null default 'zoom',
    link text,
    backup_link text,
    zoom_meeting_id text,
    zoom_passcode text,
    platform_data jsonb not null default '{}',
    meeting_account_id uuid,
    registration_required boolean not null default false,
    registration_closes_before interval,
    capacity integer,
    reminder_minutes integer[],
    credentials_updated_at timestamptz,
    backup_credentials_updated_at timestamptz,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    audience_key uuid generated always as (private.audience_key(course_id, batch_id)) stored,
    host_key uuid not null generated always as (
        coalesce(mentor_id, '00000000-0000-0000-0000-000000000000'::uuid)
    ) stored,
    constraint session_series_pkey primary key (id),
    constraint session_series_timezone_fkey
    foreign key (timezone) references private.time_zones (name) on update cascade,
    constraint session_series_course_id_fkey
    foreign key (course_id) references public.courses (id),
    constraint session_series_batch_id_of_course_fkey
    foreign key (batch_id, course_id) references public.batches (id, course_id),
    constraint session_series_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id),
    constraint session_series_platform_fkey
    foreign key (platform) references public.meeting_platforms (id) on update cascade,
    constraint session_series_meeting_account_id_of_platform_fkey
    foreign key (meeting_account_id, platform) references public.meeting_accounts (id, platform),
    constraint session_series_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint session_series_duration_range check (
        private.rule(
            duration > interval '0' and duration <= interval '24 hours',
            'session_series_duration_range',
            'end_time must be after start_time and at most 24 hours later',
            'Send an end_time after start_time, or leave it out on creation for 60 minutes.'
        )
    ),
    constraint session_series_title_not_blank check (
        private.rule(
            btrim(title) <> '' and char_length(title) <= 200 and title !~ '[[:cntrl:]]',
            'session_series_title_not_blank',
            'title must be one line of 1 to 200 characters',
            'Give the sessions a title that is not blank.'
        )
    ),
    constraint session_series_description_length check (
        private.rule(
            char_length(description) <= 10000,
            'session_series_description_length',
            'description must be at most 10,000 characters',
            'Shorten the description.'
        )
    ),
    constraint session_series_batch_id_needs_course check (
        private.rule(
            batch_id is null or course_id is not null,
            'session_series_batch_id_needs_course',
            'batch_id needs a course_id',
            'Send the course the batch belongs to, or leave both out.'
        )
    ),
    constraint session_series_link_is_http check (
        private.rule(
            private.is_web_address(link) and char_length(link) <= 2000,
            'session_series_link_is_http',
            'link must be an http(s) address without spaces',
            'Send the meeting''s address, such as https://zoom.us/j/123456789.'
        )
    ),
    constraint session_series_backup_link_is_http check (
        private.rule(
            private.is_web_address(backup_link) and char_length(backup_link) <= 2000,
            'session_series_backup_link_is_http',
            'backup_link must be an http(s) address without spaces',
            'Send the backup meeting''s address, or null for none.'
        )
    ),
    constraint session_series_zoom_meeting_id_format check (
        private.rule(
            zoom_meeting_id ~ '^[0-9]([ -]?[0-9]){8,10}$',
            'session_series_zoom_meeting_id_format',
            'zoom_meeting_id must be 9 to 11 digits',
            'Send the meeting''s number as Zoom shows it, such as 123 456 789.'
        )
    ),
    constraint session_series_platform_data_is_object check (
        private.rule(
            jsonb_typeof(platform_data) = 'object',
            'session_series_platform_data_is_object',
            'platform_data must be a JSON object',
            'Send an object of platform-specific fields, or leave it out.'
        )
    ),
    -- The meeting's id is indexed, and what is written is copied into the audit log.
    constraint session_series_platform_data_length check (
        private.rule(
            char_length(platform_data::text) <= 10000 and char_length(platform_data ->> 'meeting_id') <= 500,
            'session_series_platform_data_length',
            'platform_data must be at most 10,000 characters, and its meeting_id at most 500',
            'Send only the fields that the platform needs.'
        )
    ),
    constraint session_series_capacity_positive check (
        private.rule(
            capacity >= 1,
            'session_series_capacity_positive',
            'capacity must be at least 1',
            'Send the number of seats, or null for no limit.'
        )
    ),
    constraint session_series_capacity_needs_registration check (
        private.rule(
            capacity is null or registration_required,
            'session_series_capacity_needs_registration',
            'capacity needs registration_required',
            'Seats are counted by registration: send registration_required true, or capacity null.'
        )
    ),
    constraint session_series_registration_closes_before_needs_registration check (
        private.rule(
            registration_closes_before is null or registration_required,
            'session_series_registration_closes_before_needs_registration',
            'registration_closes_at needs registration_required',
            'Send registration_required true, or registration_closes_at null.'
        )
    ),
    constraint session_series_reminder_minutes_known check (
        private.rule(
            reminder_minutes <@ private.reminder_choices()
            and cardinality(reminder_minutes) <= cardinality(private.reminder_choices()),
            'session_series_reminder_minutes_known',
            'reminder_minutes must be some of 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320 and 10080',
            'Send the minutes before the start at which reminders go out, [] for none, or null for the platform''s.'
        )
    )
);
comment on table public.session_series is
    'Series of sessions: the rule of their dates, and what each is unless it was changed for itself. Written by create_recurring_session, update_session_series, cancel_session and the clock; seen by its audience, its mentor and managers.';
comment on column public.session_series.id is 'The series.';
comment on column public.session_series.calendar_uid is
    'UID of its calendar objects: its own id, or that of the series it was split from.';
comment on column public.session_series.rrule is
    'RFC 5545 recurrence rule, in capitals, UNTIL in UTC; its dates lie in `timezone` at the time of day of start_time.';
comment on column public.session_series.start_time is 'Where the rule begins (DTSTART), an instant.';
comment on column public.session_series.timezone is 'IANA zone the wall-clock time is meant in.';
comment on column public.session_series.duration is 'How long each session lasts; more than 0, at most 24 hours.';
comment on column public.session_series.exdates is 'Days, in `timezone`, that the rule leaves out.';
comment on column public.session_series.first_date is
    'First day, in `timezone`, of the part of the rule that this series has, where it was split from another; null: from its beginning.';
comment on column public.session_series.last_date is
    'Last day, in `timezone`, of the part of the rule that this series has, where the rest was split from it or called off; null: to its end.';
comment on column public.session_series.next_start is
    'The rule''s first date that no session was made for yet, which the clock does as the horizon reaches it; null: none is left.';
comment on column public.session_series.retry_at is
    'When the clock tries again to extend it, after it could not: series_skips says why; null: it could.';
comment on column public.session_series.title is 'Title of its sessions.';
comment on column public.session_series.description is 'Description of its sessions.';
comment on column public.session_series.session_type is 'Kind of its sessions.';
comment on column public.session_series.course_id is 'Course of its sessions; null: explicit participants only.';
comment on column public.session_series.batch_id is 'Batch of its sessions; null: the course''s unbatched students.';
comment on column public.session_series.mentor_id is 'Host of its sessions; null while none is assigned.';
comment on column public.session_series.platform is 'Video platform of its sessions.';
comment on column public.session_series.link is 'Address of their meeting, without its secret part; null: the platform makes one for each of them.';
comment on column public.session_series.backup_link is 'Address to use when the platform fails, without its secret part.';
comment on column public.session_series.zoom_meeting_id is 'Zoom''s meeting number.';
comment on column public.session_series.zoom_passcode is 'Write-only as that of a session: always reads null.';
comment on column public.session_series.platform_data is 'Platform-specific fields, at most 10,000 characters, without secrets.';
comment on column public.session_series.meeting_account_id is 'Account their meetings run on; null: none is counted.';
comment on column public.session_series.registration_required is 'Whether students need a seat to join its sessions.';
comment on column public.session_series.registration_closes_before is
    'How long before its start registration for a session closes; null or negative: at the start.';
comment on column public.session_series.capacity is 'Number of seats of each session; null: unlimited.';
comment on column public.session_series.reminder_minutes is
    'Minutes before the start at which reminders of its sessions go out; empty: none; null: the platform''s.';
comment on column public.session_series.credentials_updated_at is
    'When a write-only part last changed, but for that of backup_link; null: never set.';
comment on column public.session_series.backup_credentials_updated_at is
    'When the pwd= of backup_link last changed; null: never set.';
comment on column public.session_series.created_by is 'Who created it; null: the system, or a user since deleted.';
comment on column public.session_series.created_at is 'When it was created.';
comment on column public.session_series.updated_at is 'When it last changed.';
comment on column public.session_series.audience_key is
    'Generated: course and batch as one key, which row-level security searches by; null without a course.';
comment on column public.session_series.host_key is
    'Generated: mentor_id, or the zero uuid, which row-level security searches by.';

create index session_series_audience_key_idx on public.session_series (audience_key);
create index session_series_host_key_idx on public.session_series (host_key);
-- What the clock searches by.
create index session_series_next_start_idx on public.session_series (next_start)
where next_start is not null and retry_at is null;
create index session_series_retry_at_idx on public.session_series (retry_at) where retry_at is not null;
-- The series that were split from one another.
create index session_series_calendar_uid_idx on public.session_series (calendar_uid);
create index session_series_course_id_batch_id_idx on public.session_series (course_id, batch_id);
create index session_series_batch_id_course_id_idx on public.session_series (batch_id, course_id);
create index session_series_mentor_id_idx on public.session_series (mentor_id);
create index session_series_created_by_idx on public.session_series (created_by);
create index session_series_timezone_idx on public.session_series (timezone);
create index session_series_meeting_account_id_platform_idx
on public.session_series (meeting_account_id, platform) where meeting_account_id is not null;
-- Whose meeting a number is on dates that are not made yet.
create index session_series_meeting_key_idx
on public.session_series (platform, private.meeting_key(zoom_meeting_id, platform_data))
where private.meeting_key(zoom_meeting_id, platform_data) is not null;
create index session_series_platform_idx on public.session_series (platform);
