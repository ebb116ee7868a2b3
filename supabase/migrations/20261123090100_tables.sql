-- People, courses, sessions, attendance, presence and the audit log.

-- == Tables ==========================================================================================================

-- The IANA time zones this server knows, spelled as IANA spells them. A table, because pg_timezone_names reads the zone
-- files at every look, and because Postgres also accepts abbreviations, POSIX strings and any letter case, which other
-- programs do not.
create table private.time_zones (
    name text not null,
    constraint time_zones_pkey primary key (name)
);
comment on table private.time_zones is
    'IANA time zones a session or a profile may name. After an update of the zone data: insert the new names from pg_timezone_names.';
comment on column private.time_zones.name is 'IANA name, such as Europe/Berlin or UTC.';

alter table private.time_zones enable row level security;

insert into private.time_zones (name)
select zone.name
from pg_catalog.pg_timezone_names as zone
where
    zone.name = 'UTC'
    or (zone.name like '%/%' and zone.name !~ '^(posix|right|SystemV)/');

-- What the platform shows of a user. The email address stays in auth.users.
create table public.profiles (
    id uuid not null,
    full_name text not null default '',
    timezone text not null default 'UTC',
    locale text not null default 'en',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint profiles_pkey primary key (id),
    constraint profiles_id_fkey foreign key (id) references auth.users (id) on delete cascade,
    constraint profiles_timezone_fkey foreign key (timezone) references private.time_zones (name) on update cascade,
    constraint profiles_full_name_length check (
        private.rule(
            char_length(full_name) <= 200 and full_name !~ '[[:cntrl:]]',
            'profiles_full_name_length',
            'full_name must be one line of at most 200 characters',
            'Shorten the name and remove line breaks.'
        )
    ),
    constraint profiles_locale_format check (
        private.rule(
            locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$',
            'profiles_locale_format',
            'locale must be a language tag',
            'Send a BCP 47 tag such as en or pt-BR.'
        )
    )
);
comment on table public.profiles is 'What the platform shows of a user: one row per auth.users row, made by a trigger there.';
comment on column public.profiles.id is 'The user, auth.users.id.';
comment on column public.profiles.full_name is 'Name as shown to others; may be empty.';
comment on column public.profiles.timezone is 'IANA time zone in which times are shown and mailed to this user.';
comment on column public.profiles.locale is 'BCP 47 language tag for mails.';
comment on column public.profiles.created_at is 'When the profile was made.';
comment on column public.profiles.updated_at is 'When the profile last changed.';

create index profiles_timezone_idx on public.profiles (timezone);

-- Which roles a user holds. The first superadmin is inserted by the DBA; from then on superadmins decide.
create table public.user_roles (
    user_id uuid not null,
    role public.app_role not null,
    granted_at timestamptz not null default now(),
    constraint user_roles_pkey primary key (user_id, role),
    constraint user_roles_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table public.user_roles is 'Which roles a user holds; only superadmins change it.';
comment on column public.user_roles.user_id is 'The user.';
comment on column public.user_roles.role is 'The role held.';
comment on column public.user_roles.granted_at is 'Since when.';

-- All mentors, among ten times as many students.
create index user_roles_mentor_idx on public.user_roles (user_id) where role = 'mentor';

-- Courses that students enroll in.
create table public.courses (
    id uuid not null default gen_random_uuid(),
    name text not null,
    created_at timestamptz not null default now(),
    constraint courses_pkey primary key (id),
    constraint courses_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'courses_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Give the course a name that is not blank.'
        )
    )
);
comment on table public.courses is 'Courses that students enroll in.';
comment on column public.courses.id is 'The course.';
comment on column public.courses.name is 'Name as shown: one line, not blank, at most 200 characters.';
comment on column public.courses.created_at is 'When the course was made.';

-- A batch is a cohort of one course.
create table public.batches (
    id uuid not null default gen_random_uuid(),
    course_id uuid not null,
    name text not null,
    created_at timestamptz not null default now(),
    constraint batches_pkey primary key (id),
    constraint batches_id_course_id_key unique (id, course_id),
    constraint batches_course_id_fkey foreign key (course_id) references public.courses (id),
    constraint batches_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'batches_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Give the batch a name that is not blank.'
        )
    )
);
comment on table public.batches is 'Cohorts of a course. A student of a course belongs to one of its batches or is unbatched.';
comment on column public.batches.id is 'The batch.';
comment on column public.batches.course_id is 'The course it is a cohort of.';
comment on column public.batches.name is 'Name as shown: one line, not blank, at most 200 characters.';
comment on column public.batches.created_at is 'When the batch was made.';
comment on constraint batches_id_course_id_key on public.batches is 'Target of foreign keys that prove a batch belongs to a course.';

create index batches_course_id_idx on public.batches (course_id);

-- Who takes part in which course, and in which of its batches. Only active enrollments give access to sessions.
create table public.course_enrollments (
    id uuid not null default gen_random_uuid(),
    student_id uuid not null,
    course_id uuid not null,
    batch_id uuid,
    status public.enrollment_status not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint course_enrollments_pkey primary key (id),
    constraint course_enrollments_student_id_course_id_key unique (student_id, course_id),
    constraint course_enrollments_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint course_enrollments_course_id_fkey
    foreign key (course_id) references public.courses (id),
    constraint course_enrollments_batch_id_of_course_fkey
    foreign key (batch_id, course_id) references public.batches (id, course_id)
);
comment on table public.course_enrollments is 'Who takes part in which course; one enrollment per student and course.';
comment on column public.course_enrollments.id is 'The enrollment.';
comment on column public.course_enrollments.student_id is 'The student.';
comment on column public.course_enrollments.course_id is 'The course.';
comment on column public.course_enrollments.batch_id is 'The batch of that course, or null for an unbatched student.';
comment on column public.course_enrollments.status is 'Only active enrollments give access to sessions.';
comment on column public.course_enrollments.created_at is 'When the student enrolled.';
comment on column public.course_enrollments.updated_at is 'When the enrollment last changed.';

-- The fan-out of one audience, in pages by student.
create index course_enrollments_active_audience_idx on public.course_enrollments (course_id, batch_id, student_id)
where status = 'active';
-- For filters by course and by batch. The policy adds a range over student_id, which the planner takes for one row in
-- two hundred, though for managers it is every row: an index without student_id would be combined with a scan of the
-- whole index on students. In the second index student_id is descending, so that notifier.audience_page, which reads in
-- ascending order, cannot use it instead of the index above.
create index course_enrollments_course_id_student_id_idx on public.course_enrollments (course_id, student_id);
create index course_enrollments_batch_id_course_id_student_id_idx
on public.course_enrollments (batch_id, course_id, student_id desc);

-- The video platforms a session may run on. The rows below are reference data and belong to the schema.
create table public.meeting_platforms (
    id text not null,
    name text not null,
    is_active boolean not null default true,
    max_concurrent_meetings integer,
    daily_changes_per_account integer,
    has_personal_links boolean not null default false,
    platform_data_schema jsonb not null default '{"type": "object"}',
    constraint meeting_platforms_pkey primary key (id),
    constraint meeting_platforms_id_format check (
        private.rule(
            id ~ '^[a-z][a-z0-9_]{0,49}$',
            'meeting_platforms_id_format',
            'id must be a lowercase identifier',
            'Use at most 50 letters, digits and underscores, such as google_meet.'
        )
    ),
    constraint meeting_platforms_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'meeting_platforms_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Give the platform a name that is not blank.'
        )
    ),
    constraint meeting_platforms_max_concurrent_meetings_range check (
        private.rule(
            max_concurrent_meetings between 1 and 1000,
            'meeting_platforms_max_concurrent_meetings_range',
            'max_concurrent_meetings must be between 1 and 1000',
            'Send how many meetings one account can host at once; null: any number.'
        )
    ),
    constraint meeting_platforms_daily_changes_per_account_range check (
        private.rule(
            daily_changes_per_account between 1 and 100000,
            'meeting_platforms_daily_changes_per_account_range',
            'daily_changes_per_account must be between 1 and 100,000',
            'Send how many changes a day the platform takes for one account; null: any number.'
        )
    ),
    constraint meeting_platforms_platform_data_schema_known check (
        private.rule(
            private.json_schema_refusal(platform_data_schema) is null,
            'meeting_platforms_platform_data_schema_known',
            'platform_data_schema cannot be used: ' || private.json_schema_refusal(platform_data_schema),
            'Use the keywords that the comment on platform_data_schema names.'
        )
    )
);
comment on table public.meeting_platforms is 'The video platforms a session may run on.';
comment on column public.meeting_platforms.id is 'Lowercase identifier, success_sessions.platform.';
comment on column public.meeting_platforms.name is 'Name as shown.';
comment on column public.meeting_platforms.is_active is 'Whether new sessions may choose it.';
comment on column public.meeting_platforms.max_concurrent_meetings is
    'How many meetings one account can host at once, for new rows of meeting_accounts; null: any number.';
comment on column public.meeting_platforms.daily_changes_per_account is
    'How many changes of meetings the platform takes for one account from 00:00 UTC to 24:00; null: any number.';
comment on column public.meeting_platforms.has_personal_links is
    'Whether its adapter issues a link for each person, which says who comes: the edge function meetings, route join.';
comment on column public.meeting_platforms.platform_data_schema is
    'JSON Schema, of the keywords type, required, properties, additionalProperties, enum, pattern, minLength, maxLength, title and description, of platform_data of its sessions, without the write-only host_link.';

-- Zoom: a licensed user of a Business, Education or Enterprise account hosts two at once, one of a Pro account (or
-- without a licence) one, which is then set in meeting_accounts. support.zoom.com, article KB0068522.
-- Its 100 changes a day of one host's meetings begin anew at 00:00 UTC. developers.zoom.us/docs/api/rate-limits.
insert into public.meeting_platforms
(id, name, max_concurrent_meetings, daily_changes_per_account, has_personal_links, platform_data_schema)
values
(
    'zoom', 'Zoom', 2, 100, true,
    '{
        "type": "object",
        "properties": {
            "waiting_room": {"type": "boolean"},
            "mute_upon_entry": {"type": "boolean"},
            "auto_recording": {"enum": ["none", "local", "cloud"]}
        }
    }'
),
(
    'jaas', 'Jitsi as a Service', null, null, true,
    '{
        "type": "object",
        "properties": {
            "meeting_id": {"type": "string", "pattern": "^[A-Za-z0-9-]+/[A-Za-z0-9_-]+$", "maxLength": 200},
            "recording": {"type": "boolean"}
        },
        "additionalProperties": false
    }'
),
('google_meet', 'Google Meet', null, null, false, '{"type": "object"}'),
('microsoft_teams', 'Microsoft Teams', null, null, false, '{"type": "object"}'),
('jitsi', 'Jitsi Meet', null, null, false, '{"type": "object"}'),
('other', 'Other', null, null, false, '{"type": "object"}');

-- The licences that meetings run on. A platform lets one account host so many meetings at once and no more; who comes
-- last stands before a closed door.
create table public.meeting_accounts (
    id uuid not null default gen_random_uuid(),
    platform text not null,
    name text not null,
    max_concurrent_meetings integer,
    external_id text,
    mentor_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint meeting_accounts_pkey primary key (id),
    constraint meeting_accounts_platform_name_key unique (platform, name),
    constraint meeting_accounts_id_platform_key unique (id, platform),
    constraint meeting_accounts_platform_fkey
    foreign key (platform) references public.meeting_platforms (id),
    constraint meeting_accounts_platform_mentor_id_key unique (platform, mentor_id),
    constraint meeting_accounts_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id) on delete set null,
    constraint meeting_accounts_external_id_format check (
        private.rule(
            external_id ~ '^[!-~]{1,200}$',
            'meeting_accounts_external_id_format',
            'external_id must be 1 to 200 characters without blanks',
            'Send what the platform''s API calls the account, such as a Zoom user''s login, or null for none.'
        )
    ),
    constraint meeting_accounts_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'meeting_accounts_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Give the account a name that is not blank, such as its login.'
        )
    ),
    constraint meeting_accounts_max_concurrent_meetings_range check (
        private.rule(
            max_concurrent_meetings between 0 and 1000,
            'meeting_accounts_max_concurrent_meetings_range',
            'max_concurrent_meetings must be between 0 and 1000',
            'Send how many meetings the account can host at once; null: any number; 0: it takes no more.'
        )
    )
);
comment on table public.meeting_accounts is
    'Licensed accounts on meeting platforms, each of which hosts a limited number of meetings at once. Seen by managers only.';
comment on column public.meeting_accounts.id is 'The account, success_sessions.meeting_account_id.';
comment on column public.meeting_accounts.platform is 'The platform it is an account of; that of its sessions.';
comment on column public.meeting_accounts.name is 'Name as shown to managers, such as its login; one per platform.';
comment on column public.meeting_accounts.max_concurrent_meetings is
    'How many meetings it hosts at once; that of the platform when left out, null: any number, 0: it takes no more. A lower number takes nothing away that is planned.';
comment on column public.meeting_accounts.external_id is
    'What the platform''s API calls it: the login of a Zoom user, the AppID of a JaaS tenant. Its sessions may then be saved without a link, and get one. Null: meetings are made by hand.';
comment on column public.meeting_accounts.mentor_id is
    'Whose account it is: sessions without a link of that mentor run on it. Null: on it run those of mentors without an account of their own.';
comment on column public.meeting_accounts.created_at is 'When it was entered.';
comment on column public.meeting_accounts.updated_at is 'When it last changed.';
comment on constraint meeting_accounts_id_platform_key on public.meeting_accounts is
    'Target of the foreign key that proves a session runs on its account''s platform.';

create index meeting_accounts_mentor_id_idx on public.meeting_accounts (mentor_id);

-- The platform's settings: one row, made here, so that every reader may rely on it.
create table public.app_settings (
    id boolean not null default true,
    join_opens_minutes_before integer not null default 15,
    meeting_wait_minutes integer not null default 10,
    late_after_minutes integer not null default 10,
    partial_below_percent integer not null default 75,
    mentor_buffer_minutes integer not null default 0,
    series_horizon_days integer not null default 180,
    audit_retention_months integer not null default 24,
    presence_retention_months integer not null default 24,
    outbox_retention_months integer default 12,
    unmatched_retention_days integer not null default 30,
    check_in_code_seconds integer not null default 60,
    app_url text,
    reminder_minutes integer[] not null default '{1440,60}',
    mail_debounce_seconds integer not null default 15,
    low_attendance_percent integer not null default 50,
    low_attendance_warnings integer not null default 3,
    updated_at timestamptz not null default now(),
    constraint app_settings_pkey primary key (id),
    constraint app_settings_one_row check (
        private.rule(id, 'app_settings_one_row', 'app_settings has exactly one row', 'Update the row with id = true.')
    ),
    constraint app_settings_join_opens_minutes_before_range check (
        private.rule(
            join_opens_minutes_before between 0 and 1440,
            'app_settings_join_opens_minutes_before_range',
            'join_opens_minutes_before must be between 0 and 1440',
            'Send the number of minutes before the start at which joining opens.'
        )
    ),
    constraint app_settings_meeting_wait_minutes_range check (
        private.rule(
            meeting_wait_minutes between 0 and 1440,
            'app_settings_meeting_wait_minutes_range',
            'meeting_wait_minutes must be between 0 and 1440',
            'Send for how many minutes mails wait for a meeting that is being set up.'
        )
    ),
    constraint app_settings_late_after_minutes_range check (
        private.rule(
            late_after_minutes between 0 and 1440,
            'app_settings_late_after_minutes_range',
            'late_after_minutes must be between 0 and 1440',
            'Send the number of minutes after the start from which a student counts as late.'
        )
    ),
    constraint app_settings_partial_below_percent_range check (
        private.rule(
            partial_below_percent between 0 and 100,
            'app_settings_partial_below_percent_range',
            'partial_below_percent must be between 0 and 100',
            'Send the share of the scheduled time, in percent, below which attendance is partial.'
        )
    ),
    constraint app_settings_mentor_buffer_minutes_range check (
        private.rule(
            mentor_buffer_minutes between 0 and 240,
            'app_settings_mentor_buffer_minutes_range',
            'mentor_buffer_minutes must be between 0 and 240',
            'Send the number of minutes that a mentor has between two sessions.'
        )
    ),
    constraint app_settings_series_horizon_days_range check (
        private.rule(
            series_horizon_days between 14 and 730,
            'app_settings_series_horizon_days_range',
            'series_horizon_days must be between 14 and 730',
            'Send for how many days ahead the sessions of a series are made.'
        )
    ),
    constraint app_settings_unmatched_retention_days_range check (
        private.rule(
            unmatched_retention_days between 1 and 365,
            'app_settings_unmatched_retention_days_range',
            'unmatched_retention_days must be between 1 and 365',
            'Send for how many days names and addresses of unmatched participants are kept.'
        )
    ),
    constraint app_settings_check_in_code_seconds_range check (
        private.rule(
            check_in_code_seconds between 15 and 600,
            'app_settings_check_in_code_seconds_range',
            'check_in_code_seconds must be between 15 and 600',
            'Send for how many seconds a check-in code is shown.'
        )
    ),
    constraint app_settings_presence_retention_months_range check (
        private.rule(
            presence_retention_months between 1 and 120,
            'app_settings_presence_retention_months_range',
            'presence_retention_months must be between 1 and 120',
            'Send for how many months joins and leaves are kept.'
        )
    ),
    constraint app_settings_outbox_retention_months_range check (
        private.rule(
            outbox_retention_months between 1 and 120,
            'app_settings_outbox_retention_months_range',
            'outbox_retention_months must be between 1 and 120, or null',
            'Send for how many months after a session it is kept who was told what; null for ever.'
        )
    ),
    constraint app_settings_audit_retention_months_range check (
        private.rule(
            audit_retention_months between 1 and 120,
            'app_settings_audit_retention_months_range',
            'audit_retention_months must be between 1 and 120',
            'Send for how many whole months the audit log is kept.'
        )
    ),
    constraint app_settings_app_url_is_http check (
        private.rule(
            private.is_web_address(app_url) and app_url !~ '[?#]' and char_length(app_url) <= 2000,
            'app_settings_app_url_is_http',
            'app_url must be an http(s) address without spaces, query or fragment',
            'Set APP_URL to the address of the web application, such as https://app.example.com.'
        )
    ),
    constraint app_settings_low_attendance_percent_range check (
        private.rule(
            low_attendance_percent between 0 and 100,
            'app_settings_low_attendance_percent_range',
            'low_attendance_percent must be between 0 and 100',
            'Send the share of a course''s sessions, in percent, below which a student is warned; 0: nobody.'
        )
    ),
    constraint app_settings_low_attendance_warnings_range check (
        private.rule(
            low_attendance_warnings between 0 and 100,
            'app_settings_low_attendance_warnings_range',
            'low_attendance_warnings must be between 0 and 100',
            'Send how many times a student is warned of low attendance in one course at most.'
        )
    ),
    constraint app_settings_mail_debounce_seconds_range check (
        private.rule(
            mail_debounce_seconds between 0 and 3600,
            'app_settings_mail_debounce_seconds_range',
            'mail_debounce_seconds must be between 0 and 3600',
            'Send for how many seconds further changes are waited for before a mail goes out; 0 for none.'
        )
    ),
    constraint app_settings_reminder_minutes_known check (
        private.rule(
            reminder_minutes <@ private.reminder_choices()
            and cardinality(reminder_minutes) <= cardinality(private.reminder_choices()),
            'app_settings_reminder_minutes_known',
            'reminder_minutes must be some of 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320 and 10080',
            'Send the minutes before the start at which reminders go out, such as [1440, 60], or [] for none.'
        )
    )
);
comment on table public.app_settings is 'The platform''s settings, one row; admins and superadmins change it.';
comment on column public.app_settings.id is 'Always true: the one row.';
comment on column public.app_settings.join_opens_minutes_before is 'Minutes before the start at which join_session opens.';
comment on column public.app_settings.meeting_wait_minutes is
    'Minutes for which mails about a session wait for the meeting that its platform is making; then they go out without.';
comment on column public.app_settings.late_after_minutes is 'Minutes after the start from which a student counts as late.';
comment on column public.app_settings.partial_below_percent is
    'Share of the scheduled time, in percent, below which attendance is partial.';
comment on column public.app_settings.mentor_buffer_minutes is
    'Minutes that a mentor has between two sessions. Asked when a session is given to a mentor or moved; what is planned already stays.';
comment on column public.app_settings.series_horizon_days is
    'For how many days ahead the sessions of a series are made. The clock makes the next ones when fewer than half as many days are left.';
comment on column public.app_settings.unmatched_retention_days is
    'Days for which names and addresses of participants in the review queue are kept.';
comment on column public.app_settings.check_in_code_seconds is
    'Seconds for which a check-in code is shown; it is taken for as long again.';
comment on column public.app_settings.presence_retention_months is
    'Months for which joins and leaves are kept; the attendance worked out from them stays.';
comment on column public.app_settings.outbox_retention_months is
    'Months after a session''s end for which it is kept who was told what, and what became of mails and webhooks; null: for ever.';
comment on column public.app_settings.audit_retention_months is
    'Whole months for which the audit log is kept; older ones are dropped, their seals stay.';
comment on column public.app_settings.app_url is
    'The web application''s address, where links in calendars lead: APP_URL, as the notifier said it when it last started; null: never, and calendars have no links.';
comment on column public.app_settings.reminder_minutes is
    'Minutes before the start at which reminders go out: some of 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320 and 10080; empty: none. A session or a person may have their own.';
comment on column public.app_settings.mail_debounce_seconds is
    'For how many seconds after a change further ones are waited for, so that one mail tells them all. News of sessions within 24 hours and of changed links does not wait.';
comment on column public.app_settings.low_attendance_percent is
    'Share of the sessions of a course, in percent and of three at least, below which a student who missed one is warned, and the mentor told; 0: nobody.';
comment on column public.app_settings.low_attendance_warnings is
    'How many times a student is warned of low attendance in one course at most.';
comment on column public.app_settings.updated_at is 'When a setting last changed.';

insert into public.app_settings default values;

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

-- Dates of a series that no session was made for, so that nobody wonders where they went.
create table public.series_skips (
    series_id uuid not null,
    series_date date not null,
    reason public.series_skip_reason not null,
    detail text not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint series_skips_pkey primary key (series_id, series_date),
    constraint series_skips_series_id_fkey
    foreign key (series_id) references public.session_series (id) on delete cascade
);
comment on table public.series_skips is
    'Dates of a series that no session was made for, and why. Written with the series; a date that a session is made for later leaves. Seen by the mentor of the series and managers.';
comment on column public.series_skips.series_id is 'The series.';
comment on column public.series_skips.series_date is 'The day, in the zone of the series.';
comment on column public.series_skips.reason is 'Why there is no session.';
comment on column public.series_skips.detail is 'In words: the name of the blackout, each clash, or what went wrong.';
comment on column public.series_skips.created_at is 'When it was noticed.';

-- Days on which series make no sessions: holidays of the platform, or of one course.
create table public.blackout_dates (
    id uuid not null default gen_random_uuid(),
    course_id uuid,
    name text not null,
    first_date date not null,
    last_date date not null,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    begins_after timestamptz not null generated always as (
        ((first_date - 1)::timestamp at time zone 'UTC')
    ) stored,
    begins_before timestamptz not null generated always as (
        ((last_date + 2)::timestamp at time zone 'UTC')
    ) stored,
    constraint blackout_dates_pkey primary key (id),
    constraint blackout_dates_course_id_fkey
    foreign key (course_id) references public.courses (id) on delete cascade,
    constraint blackout_dates_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint blackout_dates_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'blackout_dates_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Say what the days are, such as Winter break.'
        )
    ),
    constraint blackout_dates_first_date_range check (
        private.rule(
            first_date >= '2000-01-01' and first_date < '2200-01-01',
            'blackout_dates_first_date_range',
            'first_date must be in the years 2000 to 2199',
            'Check the year; send a day such as 2026-12-24.'
        )
    ),
    constraint blackout_dates_last_date_range check (
        private.rule(
            last_date >= first_date and last_date < first_date + 366,
            'blackout_dates_last_date_range',
            'last_date must be first_date or later, and at most a year of 366 days in all',
            'Send the last of the days; it is one of them.'
        )
    )
);
comment on table public.blackout_dates is
    'Days on which series make no sessions: holidays of the platform or of a course. Asked when a series is created, extended, or given another rule. Sessions that are there stay until somebody acts; the view blackout_clashes lists them. Written by managers.';
comment on column public.blackout_dates.id is 'The entry.';
comment on column public.blackout_dates.course_id is 'The course it is for; null: all of the platform.';
comment on column public.blackout_dates.name is 'What the days are; one line of at most 200 characters.';
comment on column public.blackout_dates.first_date is 'First day, in the time zone of whichever series.';
comment on column public.blackout_dates.last_date is 'Last day; the same for a single one. At most 366 days in all.';
comment on column public.blackout_dates.created_by is 'Who entered it; null: the system, or a user since deleted.';
comment on column public.blackout_dates.created_at is 'When it was entered.';
comment on column public.blackout_dates.updated_at is 'When it last changed.';
comment on column public.blackout_dates.begins_after is
    'Generated: in no time zone does one of its days begin before it. What sessions are searched by.';
comment on column public.blackout_dates.begins_before is
    'Generated: in every time zone its days are over by then. What sessions are searched by.';

create index blackout_dates_course_id_last_date_idx on public.blackout_dates (course_id, last_date);
create index blackout_dates_created_by_idx on public.blackout_dates (created_by);

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

-- Meetings that platforms make for sessions saved without a link. A row says what is wanted, not what to do: the edge
-- function meetings compares it with what has been done, so that ten changes of a session become one at the platform,
-- and a worker killed anywhere leaves a row that still says what is to come. A session whose host moves to another
-- account gets a second row; the first ends.
create table public.session_meetings (
    id uuid not null default gen_random_uuid(),
    session_id uuid,
    platform text not null,
    meeting_account_id uuid not null,
    is_wanted boolean not null default true,
    external_id text,
    link text,
    revision integer not null default 1,
    done_revision integer not null default 0,
    sweep_due_at timestamptz,
    report_due_at timestamptz,
    reported_at timestamptz,
    ended_at timestamptz,
    due_at timestamptz default clock_timestamp(),
    attempts integer not null default 0,
    reason text,
    begun_at timestamptz,
    claim_id uuid,
    claimed_action text,
    claimed_revision integer,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    state public.meeting_state not null generated always as (
        case
            when ended_at is not null then 'ended'::public.meeting_state
            when not is_wanted then 'ending'
            when external_id is null then 'pending'
            when done_revision < revision then 'changing'
            else 'ready'
        end
    ) stored,
    constraint session_meetings_pkey primary key (id),
    constraint session_meetings_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete set null,
    constraint session_meetings_meeting_account_id_of_platform_fkey
    foreign key (meeting_account_id, platform) references public.meeting_accounts (id, platform) on update cascade,
    constraint session_meetings_external_id_with_link check ((external_id is null) = (link is null)),
    constraint session_meetings_ended_unwanted check (ended_at is null or not is_wanted),
    constraint session_meetings_claim_while_held check (
        num_nulls(claim_id, claimed_action, claimed_revision) in (0, 3)
    ),
    constraint session_meetings_reason_length check (char_length(reason) <= 500)
);
comment on table public.session_meetings is
    'Meetings that platforms make for sessions saved without a link: what is wanted, how far it is, and what is against it. Seen by managers and the host; written by the system only. Rows outlive their session until the meeting is gone.';
comment on column public.session_meetings.id is 'The meeting; what it is known by at the platform.';
comment on column public.session_meetings.session_id is 'The session; null: deleted.';
comment on column public.session_meetings.platform is 'The platform that makes it.';
comment on column public.session_meetings.meeting_account_id is 'The account it runs on.';
comment on column public.session_meetings.is_wanted is
    'Whether the session still is to have it: not when cancelled, moved to another account, or given a link by hand.';
comment on column public.session_meetings.external_id is 'The platform''s id of it; null: not made yet.';
comment on column public.session_meetings.link is 'Its address, as in the session, without the secret part.';
comment on column public.session_meetings.revision is 'Counts the changes of the session that it has to follow.';
comment on column public.session_meetings.done_revision is 'The revision that the platform knows; 0: none.';
comment on column public.session_meetings.sweep_due_at is
    'When to look whether the platform has another one: set when making it took several attempts, of which an earlier one may have succeeded late. Null: no reason to.';
comment on column public.session_meetings.report_due_at is
    'From when on the platform''s report of who was there is to be fetched: anew when the platform says that the meeting ended. Null: not yet, or never.';
comment on column public.session_meetings.reported_at is
    'When the report was taken over, or no longer waited for; null: not yet, or given up, which reason tells.';
comment on column public.session_meetings.ended_at is 'When it was gone.';
comment on column public.session_meetings.due_at is
    'When there is next something to do, or until when a claim holds it, after which another may claim it; null: nothing.';
comment on column public.session_meetings.attempts is 'Attempts at what is to be done now.';
comment on column public.session_meetings.reason is 'Why it is not done yet; null: nothing is against it.';
comment on column public.session_meetings.begun_at is
    'When the first attempt to make it began: from then on it may exist, known or not. Null: never.';
comment on column public.session_meetings.claim_id is 'The claim that holds it; only that one may report an outcome.';
comment on column public.session_meetings.claimed_action is 'What the claim does: create, update, delete, sweep or reconcile.';
comment on column public.session_meetings.claimed_revision is 'The revision that the claim works on.';
comment on column public.session_meetings.created_at is 'When the session asked for it.';
comment on column public.session_meetings.updated_at is 'When it last changed.';
comment on column public.session_meetings.state is 'Generated: where it stands.';

-- A session has one meeting at a time.
create unique index session_meetings_wanted_idx on public.session_meetings (session_id) where is_wanted;
create index session_meetings_session_id_idx on public.session_meetings (session_id);
create index session_meetings_meeting_account_id_platform_idx
on public.session_meetings (meeting_account_id, platform);
-- Whether a meeting of an account is somebody's.
create index session_meetings_external_id_idx on public.session_meetings (external_id, meeting_account_id);
-- What there is to do, in its order.
create index session_meetings_due_at_idx on public.session_meetings (due_at) where due_at is not null;

-- Platforms limit how often one account's meetings may be changed in a day.
create table private.meeting_account_days (
    meeting_account_id uuid not null,
    day date not null,
    changes integer not null default 0,
    is_full boolean not null default false,
    constraint meeting_account_days_pkey primary key (meeting_account_id, day),
    constraint meeting_account_days_meeting_account_id_fkey
    foreign key (meeting_account_id) references public.meeting_accounts (id) on delete cascade
);
comment on table private.meeting_account_days is 'How often the meetings of an account were changed at its platform in a day.';
comment on column private.meeting_account_days.meeting_account_id is 'The account.';
comment on column private.meeting_account_days.day is 'The day, in UTC.';
comment on column private.meeting_account_days.changes is 'Attempts to create, change or delete a meeting; never fewer than the platform counts of ours.';
comment on column private.meeting_account_days.is_full is 'Whether the platform itself has said that it takes no more that day.';

alter table private.meeting_account_days enable row level security;

-- Who has a link of their own into which meeting. The link lets in whoever holds it, so it is kept in Vault.
create table private.personal_links (
    meeting_id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint personal_links_pkey primary key (meeting_id, user_id),
    constraint personal_links_meeting_id_fkey
    foreign key (meeting_id) references public.session_meetings (id) on delete cascade,
    constraint personal_links_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table private.personal_links is
    'Who has a link of their own into which meeting. The link is in Vault, under personal_links/<meeting_id>/<user_id>.';
comment on column private.personal_links.meeting_id is 'The meeting.';
comment on column private.personal_links.user_id is 'Whose link it is.';
comment on column private.personal_links.created_at is 'When it was issued.';

alter table private.personal_links enable row level security;

create index personal_links_user_id_idx on private.personal_links (user_id);

-- Explicit invitees: the student of a one-to-one meeting, guests of a session.
create table public.session_participants (
    session_id uuid not null,
    user_id uuid not null,
    added_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    constraint session_participants_pkey primary key (session_id, user_id),
    constraint session_participants_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_participants_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint session_participants_added_by_fkey
    foreign key (added_by) references public.profiles (id) on delete set null
);
comment on table public.session_participants is
    'Explicit invitees of a session, beside its audience: the student of a one-to-one meeting, guests.';
comment on column public.session_participants.session_id is 'The session.';
comment on column public.session_participants.user_id is 'The invited user.';
comment on column public.session_participants.added_by is 'Who invited; null: the system, or a user since deleted.';
comment on column public.session_participants.created_at is 'When invited.';

create index session_participants_user_id_idx on public.session_participants (user_id);
create index session_participants_added_by_idx on public.session_participants (added_by);

-- Who has a seat in which session, and who waits for one. One row per student and session for good: a student who comes
-- back joins the end of the queue.
create table public.session_registrations (
    session_id uuid not null,
    student_id uuid not null,
    status public.registration_status not null,
    queued_at timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint session_registrations_pkey primary key (session_id, student_id),
    constraint session_registrations_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_registrations_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade
);
comment on table public.session_registrations is
    'Who has a seat in which session and who waits for one. Read-only: register_for_session, cancel_registration and what follows from other changes write it.';
comment on column public.session_registrations.session_id is 'The session.';
comment on column public.session_registrations.student_id is 'The student.';
comment on column public.session_registrations.status is
    'registered (has a seat), waitlisted, or cancelled (given up, or lost with the access).';
comment on column public.session_registrations.queued_at is
    'When the student last registered; the waitlist moves in this order.';
comment on column public.session_registrations.created_at is 'When the student first registered.';
comment on column public.session_registrations.updated_at is 'When the status last changed.';

create index session_registrations_student_id_idx on public.session_registrations (student_id);
-- What seats are counted by.
create index session_registrations_registered_idx on public.session_registrations (session_id, student_id)
where status = 'registered';
-- The waitlist in its order.
create index session_registrations_waitlist_idx on public.session_registrations (session_id, queued_at, student_id)
where status = 'waitlisted';

-- One student's attendance in one session, by user id only: no name, no address.
create table public.session_attendance (
    session_id uuid not null,
    student_id uuid not null,
    status public.attendance_status not null,
    joined_at timestamptz,
    left_at timestamptz,
    minutes_present integer not null default 0,
    source public.attendance_source not null,
    marked_by uuid,
    note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint session_attendance_pkey primary key (session_id, student_id),
    constraint session_attendance_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_attendance_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_attendance_marked_by_fkey
    foreign key (marked_by) references public.profiles (id) on delete set null,
    constraint session_attendance_note_length check (
        private.rule(
            char_length(note) <= 1000,
            'session_attendance_note_length',
            'note must be at most 1,000 characters',
            'Shorten the note.'
        )
    ),
    constraint session_attendance_minutes_present_range check (minutes_present between 0 and 1440),
    constraint session_attendance_left_at_after_joined_at check (left_at >= joined_at)
);
comment on table public.session_attendance is
    'One student''s attendance in one session, by user id only. Automatic values come from presence; manual and imported ones outrank them.';
comment on column public.session_attendance.session_id is 'The session.';
comment on column public.session_attendance.student_id is 'The student.';
comment on column public.session_attendance.status is
    'present or late from the first join on; partial and absent are decided when the session is over.';
comment on column public.session_attendance.joined_at is 'First join; null: never there.';
comment on column public.session_attendance.left_at is 'Last leave; null while there, or never there.';
comment on column public.session_attendance.minutes_present is
    'Minutes in the session: the union of all intervals, clipped to the scheduled time, rounded.';
comment on column public.session_attendance.source is 'Where the value comes from.';
comment on column public.session_attendance.marked_by is 'Who marked it by hand; null for automatic values.';
comment on column public.session_attendance.note is 'Remark of whoever marked it, at most 1,000 characters.';
comment on column public.session_attendance.created_at is 'When the record was made.';
comment on column public.session_attendance.updated_at is 'When the record last changed.';

create index session_attendance_student_id_idx on public.session_attendance (student_id);
create index session_attendance_marked_by_idx on public.session_attendance (marked_by);

-- Where a kind of session has limits of its own: who is late to a one-to-one meeting is not late to a lecture.
create table public.attendance_rules (
    session_type public.session_type not null,
    late_after_minutes integer,
    partial_below_percent integer,
    updated_at timestamptz not null default now(),
    constraint attendance_rules_pkey primary key (session_type),
    constraint attendance_rules_late_after_minutes_range check (
        private.rule(
            late_after_minutes between 0 and 1440,
            'attendance_rules_late_after_minutes_range',
            'late_after_minutes must be between 0 and 1440',
            'Send the number of minutes after the start from which a student counts as late; null: as in app_settings.'
        )
    ),
    constraint attendance_rules_partial_below_percent_range check (
        private.rule(
            partial_below_percent between 0 and 100,
            'attendance_rules_partial_below_percent_range',
            'partial_below_percent must be between 0 and 100',
            'Send the share of the scheduled time, in percent, below which attendance is partial, or null.'
        )
    )
);
comment on table public.attendance_rules is
    'Limits of attendance for a kind of session, where they differ from app_settings; admins and superadmins change them. Attendance that is settled stays until something new is heard of it.';
comment on column public.attendance_rules.session_type is 'The kind of session.';
comment on column public.attendance_rules.late_after_minutes is
    'Minutes after the start from which a student counts as late; null: as in app_settings.';
comment on column public.attendance_rules.partial_below_percent is
    'Share of the scheduled time, in percent, below which attendance is partial; null: as in app_settings.';
comment on column public.attendance_rules.updated_at is 'When it last changed.';

-- Who asked to be excused from which session, and what became of it. One row per student and session.
create table public.session_excuses (
    session_id uuid not null,
    student_id uuid not null,
    status public.excuse_status not null default 'requested',
    reason text not null default '',
    decided_by uuid,
    decided_at timestamptz,
    decision_note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint session_excuses_pkey primary key (session_id, student_id),
    constraint session_excuses_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_excuses_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_excuses_decided_by_fkey
    foreign key (decided_by) references public.profiles (id) on delete set null,
    constraint session_excuses_reason_length check (
        private.rule(
            char_length(reason) <= 1000,
            'session_excuses_reason_length',
            'reason must be at most 1,000 characters',
            'Shorten the reason.'
        )
    ),
    constraint session_excuses_decision_note_length check (
        private.rule(
            char_length(decision_note) <= 1000,
            'session_excuses_decision_note_length',
            'note must be at most 1,000 characters',
            'Shorten the note.'
        )
    )
);
comment on table public.session_excuses is
    'Who asked to be excused from which session, and what became of it. Read-only: request_excuse, withdraw_excuse and decide_excuse write it.';
comment on column public.session_excuses.session_id is 'The session.';
comment on column public.session_excuses.student_id is 'The student.';
comment on column public.session_excuses.status is 'Where it stands.';
comment on column public.session_excuses.reason is 'What the student gave as the reason, at most 1,000 characters; empty: erased.';
comment on column public.session_excuses.decided_by is 'Host or manager who decided; null: nobody yet, or a user since deleted.';
comment on column public.session_excuses.decided_at is 'When it was decided; null: not yet.';
comment on column public.session_excuses.decision_note is 'What they told the student, at most 1,000 characters; null: nothing.';
comment on column public.session_excuses.created_at is 'When it was first asked for.';
comment on column public.session_excuses.updated_at is 'When it last changed.';

create index session_excuses_student_id_idx on public.session_excuses (student_id);
create index session_excuses_decided_by_idx on public.session_excuses (decided_by);

-- What mentors offer: windows by a recurrence rule, cut into slots of one length. Slots are not stored: they are worked
-- out where they are asked for, so that a change of the offer, of a session or of time off shows at once.
create table public.booking_offers (
    id uuid not null default gen_random_uuid(),
    mentor_id uuid not null default auth.uid(),
    title text not null,
    description text,
    audience public.offer_audience not null,
    course_id uuid,
    batch_id uuid,
    start_time timestamptz not null,
    timezone text not null default 'UTC',
    recurrence jsonb,
    -- These two defaults make the fields optional in typed clients; the trigger booking_offers_1_rule sets the values.
    rrule text not null default '',
    exdates date[] not null default '{}',
    window_minutes integer not null default 60,
    slot_minutes integer not null default 30,
    gap_minutes integer not null default 0,
    booking_notice_minutes integer not null default 120,
    change_notice_minutes integer not null default 120,
    booking_horizon_days integer not null default 60,
    max_open_per_student integer default 1,
    max_per_student_week integer,
    max_per_student_month integer,
    max_per_day integer,
    platform text not null default 'zoom',
    link text,
    backup_link text,
    zoom_meeting_id text,
    zoom_passcode text,
    is_active boolean not null default true,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    audience_key uuid generated always as (
        case when is_active then private.offer_key(audience, course_id, batch_id) end
    ) stored,
    constraint booking_offers_pkey primary key (id),
    constraint booking_offers_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id),
    constraint booking_offers_course_id_fkey
    foreign key (course_id) references public.courses (id),
    constraint booking_offers_batch_id_of_course_fkey
    foreign key (batch_id, course_id) references public.batches (id, course_id),
    constraint booking_offers_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint booking_offers_timezone_fkey
    foreign key (timezone) references private.time_zones (name) on update cascade,
    constraint booking_offers_platform_fkey
    foreign key (platform) references public.meeting_platforms (id) on update cascade,
    -- Shorter than a session's: the student's name is added to it.
    constraint booking_offers_title_not_blank check (
        private.rule(
            btrim(title) <> '' and char_length(title) <= 120 and title !~ '[[:cntrl:]]',
            'booking_offers_title_not_blank',
            'title must be one line of 1 to 120 characters',
            'Give the offer a title that is not blank.'
        )
    ),
    constraint booking_offers_description_length check (
        private.rule(
            char_length(description) <= 5000,
            'booking_offers_description_length',
            'description must be at most 5,000 characters',
            'Shorten the description.'
        )
    ),
    constraint booking_offers_audience_names_its_own check (
        private.rule(
            case audience
                when 'everybody' then course_id is null and batch_id is null
                when 'batch' then course_id is not null and batch_id is not null
                else course_id is not null and batch_id is null
            end,
            'booking_offers_audience_names_its_own',
            'audience does not go with course_id and batch_id',
            'Send neither for everybody, course_id alone for course and unbatched, both for batch.'
        )
    ),
    constraint booking_offers_start_time_range check (
        private.rule(
            start_time >= '2000-01-01 00:00+00' and start_time < '2200-01-01 00:00+00',
            'booking_offers_start_time_range',
            'start_time must be in the years 2000 to 2199',
            'Check the year; send an instant such as 2027-03-01T18:00:00+01:00.'
        )
    ),
    constraint booking_offers_slot_minutes_range check (
        private.rule(
            slot_minutes between 5 and 480,
            'booking_offers_slot_minutes_range',
            'slot_minutes must be between 5 and 480',
            'Send the length of one meeting in minutes.'
        )
    ),
    constraint booking_offers_gap_minutes_range check (
        private.rule(
            gap_minutes between 0 and 480,
            'booking_offers_gap_minutes_range',
            'gap_minutes must be between 0 and 480',
            'Send the minutes between the end of a slot and the start of the next, or 0.'
        )
    ),
    constraint booking_offers_window_minutes_range check (
        private.rule(
            window_minutes between 5 and 1440,
            'booking_offers_window_minutes_range',
            'window_minutes must be between 5 and 1440',
            'Send how many minutes each date lasts, at most a day.'
        )
    ),
    constraint booking_offers_window_minutes_holds_a_slot check (
        private.rule(
            window_minutes >= slot_minutes,
            'booking_offers_window_minutes_holds_a_slot',
            'window_minutes must be at least slot_minutes',
            'Lengthen the window or shorten the slots.'
        )
    ),
    constraint booking_offers_booking_notice_minutes_range check (
        private.rule(
            booking_notice_minutes between 0 and 43200,
            'booking_offers_booking_notice_minutes_range',
            'booking_notice_minutes must be between 0 and 43200',
            'Send how many minutes before its start a slot must be booked, at most 30 days.'
        )
    ),
    constraint booking_offers_change_notice_minutes_range check (
        private.rule(
            change_notice_minutes between 0 and 43200,
            'booking_offers_change_notice_minutes_range',
            'change_notice_minutes must be between 0 and 43200',
            'Send up to how many minutes before its start a booking may be moved or cancelled, at most 30 days.'
        )
    ),
    constraint booking_offers_booking_horizon_days_range check (
        private.rule(
            booking_horizon_days between 1 and 366,
            'booking_offers_booking_horizon_days_range',
            'booking_horizon_days must be between 1 and 366',
            'Send how many days ahead slots may be booked.'
        )
    ),
    constraint booking_offers_max_open_per_student_range check (
        private.rule(
            max_open_per_student between 1 and 1000,
            'booking_offers_max_open_per_student_range',
            'max_open_per_student must be between 1 and 1000',
            'Send how many bookings a student may have before them, or null for any number.'
        )
    ),
    constraint booking_offers_max_per_student_week_range check (
        private.rule(
            max_per_student_week between 1 and 1000,
            'booking_offers_max_per_student_week_range',
            'max_per_student_week must be between 1 and 1000',
            'Send how many bookings a student may have in one week, or null for any number.'
        )
    ),
    constraint booking_offers_max_per_student_month_range check (
        private.rule(
            max_per_student_month between 1 and 1000,
            'booking_offers_max_per_student_month_range',
            'max_per_student_month must be between 1 and 1000',
            'Send how many bookings a student may have in one month, or null for any number.'
        )
    ),
    constraint booking_offers_max_per_day_range check (
        private.rule(
            max_per_day between 1 and 1000,
            'booking_offers_max_per_day_range',
            'max_per_day must be between 1 and 1000',
            'Send how many bookings the mentor takes on one day, or null for any number.'
        )
    )
);
comment on table public.booking_offers is
    'What mentors offer for one-to-one meetings: windows by a recurrence rule, cut into slots that students book with book_slot. Seen by its mentor, managers, and, while it is active, those it is offered to. Changes touch no meeting that is booked already.';
comment on column public.booking_offers.id is 'The offer.';
comment on column public.booking_offers.mentor_id is 'Who offers, a user with the role mentor; never changes.';
comment on column public.booking_offers.title is
    'One line, not blank, at most 120 characters; the sessions are called by it and the student''s name.';
comment on column public.booking_offers.description is
    'What the meetings are about, at most 5,000 characters; goes into the sessions'' description.';
comment on column public.booking_offers.audience is 'To whom: everybody, course, batch or unbatched.';
comment on column public.booking_offers.course_id is 'Course of the audience; null for everybody.';
comment on column public.booking_offers.batch_id is 'Batch of the audience batch; else null.';
comment on column public.booking_offers.start_time is 'Where the rule begins; its wall-clock time in timezone is when each window opens.';
comment on column public.booking_offers.timezone is 'IANA zone of the windows, and of the days, weeks and months that limits count by.';
comment on column public.booking_offers.recurrence is
    'When there are windows, as preview_recurrence takes it: {"pattern", "days", "count" or "until"} or {"rrule"}, with "exdates"; null: once, at start_time.';
comment on column public.booking_offers.rrule is 'Read-only: recurrence as a rule of RFC 5545.';
comment on column public.booking_offers.exdates is 'Read-only: the days, in timezone, that recurrence leaves out.';
comment on column public.booking_offers.window_minutes is 'Length of each window. It is cut into slots from its beginning; what does not fill a slot is left over.';
comment on column public.booking_offers.slot_minutes is 'Length of one meeting.';
comment on column public.booking_offers.gap_minutes is 'From the end of a slot to the start of the next.';
comment on column public.booking_offers.booking_notice_minutes is 'So long before its start a slot can be booked at the latest.';
comment on column public.booking_offers.change_notice_minutes is
    'So long before its start a student can move or cancel a booking at the latest; a booking keeps the notice it was made with.';
comment on column public.booking_offers.booking_horizon_days is 'So many days before its start a slot can be booked at the earliest.';
comment on column public.booking_offers.max_open_per_student is
    'How many bookings of this offer that are not over one student may have; null for any number.';
comment on column public.booking_offers.max_per_student_week is
    'How many bookings of this offer one student may have in one week, Monday to Sunday; null for any number.';
comment on column public.booking_offers.max_per_student_month is
    'How many bookings of this offer one student may have in one calendar month; null for any number.';
comment on column public.booking_offers.max_per_day is
    'This offer has no slots on days on which the mentor has so many bookings, through whichever offer; null for any number.';
comment on column public.booking_offers.platform is 'Video platform, meeting_platforms.id.';
comment on column public.booking_offers.link is
    'Write-only: address of the meetings, http(s), required unless an account of the platform makes the meetings: each session then gets a meeting of its own, and the empty string removes the address. Kept in Vault as a whole, because whoever sees an offer has not booked yet; given to each session. Reads as null; null leaves it as it is.';
comment on column public.booking_offers.backup_link is 'Write-only: address to use when the platform fails; the empty string removes it.';
comment on column public.booking_offers.zoom_meeting_id is
    'Write-only: Zoom''s meeting number, 9 to 11 digits; the empty string removes it.';
comment on column public.booking_offers.zoom_passcode is 'Write-only: the passcode; the empty string removes it.';
comment on column public.booking_offers.is_active is 'Whether it can be booked; false withdraws it, what is booked stays.';
comment on column public.booking_offers.created_by is 'Who created it; null: the system, or a user since deleted.';
comment on column public.booking_offers.created_at is 'When it was created.';
comment on column public.booking_offers.updated_at is 'When it last changed.';
comment on column public.booking_offers.audience_key is
    'Generated: the audience as one key, which row-level security searches by; null while it is not active.';

create index booking_offers_audience_key_idx on public.booking_offers (audience_key);
create index booking_offers_mentor_id_idx on public.booking_offers (mentor_id);
create index booking_offers_course_id_batch_id_idx on public.booking_offers (course_id, batch_id);
create index booking_offers_batch_id_course_id_idx on public.booking_offers (batch_id, course_id);
create index booking_offers_created_by_idx on public.booking_offers (created_by);
create index booking_offers_timezone_idx on public.booking_offers (timezone);
create index booking_offers_platform_idx on public.booking_offers (platform);

-- Which sessions were booked, by whom, through which offer. A booked slot is a session like any other: its mentor hosts
-- it, its student is a participant. This is what the limits of offers are counted by.
create table public.session_bookings (
    session_id uuid not null,
    offer_id uuid not null,
    student_id uuid not null,
    note text,
    change_notice_minutes integer not null,
    created_at timestamptz not null default now(),
    constraint session_bookings_pkey primary key (session_id),
    constraint session_bookings_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_bookings_offer_id_fkey
    foreign key (offer_id) references public.booking_offers (id),
    constraint session_bookings_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_bookings_note_length check (
        private.rule(
            char_length(note) <= 2000,
            'session_bookings_note_length',
            'note must be at most 2,000 characters',
            'Shorten the note.'
        )
    )
);
comment on table public.session_bookings is
    'Sessions that students booked through an offer, one row each for good; written by book_slot.';
comment on column public.session_bookings.session_id is 'The session.';
comment on column public.session_bookings.offer_id is 'The offer it was booked through.';
comment on column public.session_bookings.student_id is 'Who booked it.';
comment on column public.session_bookings.note is
    'What the student wrote to the mentor, at most 2,000 characters; part of the session''s description too.';
comment on column public.session_bookings.change_notice_minutes is
    'So long before the session''s start the student can move or cancel it at the latest: what the offer said when it was booked.';
comment on column public.session_bookings.created_at is 'When it was booked.';

create index session_bookings_student_id_offer_id_idx on public.session_bookings (student_id, offer_id);
-- student_id is in it because the policy asks for it: course_enrollments says why.
create index session_bookings_offer_id_student_id_idx on public.session_bookings (offer_id, student_id);

-- Whom a platform's key stands for in one session: registrants, and whatever else an adapter hands out per person.
create table private.platform_participants (
    session_id uuid not null,
    participant_key text not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    constraint platform_participants_pkey primary key (session_id, participant_key),
    constraint platform_participants_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint platform_participants_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint platform_participants_participant_key_length check (char_length(participant_key) between 1 and 200)
);
comment on table private.platform_participants is
    'Whom a key that a meeting platform returns stands for in one session. A key that is a user''s own id needs no row.';
comment on column private.platform_participants.session_id is 'The session.';
comment on column private.platform_participants.participant_key is 'The key as the platform returns it, such as a registrant''s id.';
comment on column private.platform_participants.user_id is 'The person.';
comment on column private.platform_participants.created_at is 'When it was handed out.';

alter table private.platform_participants enable row level security;

create index platform_participants_user_id_idx on private.platform_participants (user_id);

-- The review queue: participants of meetings whom neither a key nor a verified address names. Their names are shown to
-- the host and to managers, who say who it was; nothing is ever matched by name.
create table private.unmatched_participants (
    id uuid not null default gen_random_uuid(),
    session_id uuid not null,
    platform text not null,
    identity text,
    full_name text,
    email text,
    status private.review_status not null default 'waiting',
    student_id uuid,
    decided_by uuid,
    decided_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint unmatched_participants_pkey primary key (id),
    constraint unmatched_participants_session_id_platform_identity_key unique (session_id, platform, identity),
    constraint unmatched_participants_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint unmatched_participants_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete set null,
    constraint unmatched_participants_decided_by_fkey
    foreign key (decided_by) references public.profiles (id) on delete set null,
    constraint unmatched_participants_student_id_when_linked check (student_id is null or status = 'linked'),
    constraint unmatched_participants_decided_at_when_decided check ((decided_at is null) = (status = 'waiting'))
);
comment on table private.unmatched_participants is
    'The review queue: participants of meetings whom neither a key nor a verified address names.';
comment on column private.unmatched_participants.id is 'The participant.';
comment on column private.unmatched_participants.session_id is 'The session.';
comment on column private.unmatched_participants.platform is 'The platform that saw them.';
comment on column private.unmatched_participants.identity is
    'What makes two events those of one participant: the platform''s key, a digest of the address, the connection, or a digest of the name. Null once the name is deleted.';
comment on column private.unmatched_participants.full_name is 'The name they gave to the platform; null: none, or deleted.';
comment on column private.unmatched_participants.email is 'The address they gave to the platform, in lower case; null: none, or deleted.';
comment on column private.unmatched_participants.status is 'Waiting, linked to a student, or dismissed.';
comment on column private.unmatched_participants.student_id is
    'The student it was; null unless linked, or when the student''s account is gone.';
comment on column private.unmatched_participants.decided_by is 'Who decided; null while waiting, or when their account is gone.';
comment on column private.unmatched_participants.decided_at is 'When it was decided; null while waiting.';
comment on column private.unmatched_participants.created_at is 'When they were first heard of.';

alter table private.unmatched_participants enable row level security;

create index unmatched_participants_student_id_idx on private.unmatched_participants (student_id);
create index unmatched_participants_decided_by_idx on private.unmatched_participants (decided_by);
-- What is to be forgotten next.
create index unmatched_participants_created_at_idx
on private.unmatched_participants (created_at) where identity is not null;
-- Whom an address leads to, for erase_user.
create index unmatched_participants_email_idx
on private.unmatched_participants (email) where email is not null;
-- What waits.
create index unmatched_participants_waiting_idx
on private.unmatched_participants (created_at) where status = 'waiting';

-- What platforms report after a meeting: the last word on who was there between its begin and its end. Append-only; of
-- the reports with one id the latest counts.
create table private.presence_reports (
    id bigint generated always as identity,
    session_id uuid not null,
    platform text not null,
    report_id text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    digest text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint presence_reports_pkey primary key (id),
    constraint presence_reports_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint presence_reports_ended_at_after_started_at check (ended_at >= started_at)
);
comment on table private.presence_reports is
    'Reports of platforms after a meeting, append-only; of the reports with one id the latest counts. Their stays are in private.presence_events.';
comment on column private.presence_reports.id is 'Order of arrival.';
comment on column private.presence_reports.session_id is 'The session. A meeting that several sessions share has a row for each.';
comment on column private.presence_reports.platform is 'The platform.';
comment on column private.presence_reports.report_id is 'The platform''s id of the meeting''s instance, or of the report.';
comment on column private.presence_reports.started_at is 'When the meeting began; what webhooks told of the time from here on no longer counts.';
comment on column private.presence_reports.ended_at is 'When the meeting ended, and with it everybody''s presence.';
comment on column private.presence_reports.digest is 'Of the content: the same report told again changes nothing.';
comment on column private.presence_reports.recorded_at is 'When it was recorded.';

alter table private.presence_reports enable row level security;

create index presence_reports_session_id_platform_report_id_idx
on private.presence_reports (session_id, platform, report_id, id);

-- Raw joins and leaves, append-only, read in the order of event time. Attendance is derived from them and can be
-- derived again. Rows are deleted when they are too old (private.forget_presence) and when their session is put off or
-- reinstated (private.forget_early_presence).
create table private.presence_events (
    id bigint generated always as identity,
    session_id uuid not null,
    user_id uuid,
    unmatched_id uuid,
    kind private.presence_kind not null,
    occurred_at timestamptz not null,
    source public.attendance_source not null,
    platform text,
    event_id text,
    connection_id text,
    report_id bigint,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint presence_events_pkey primary key (id),
    constraint presence_events_platform_event_id_key unique (platform, event_id),
    constraint presence_events_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint presence_events_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint presence_events_unmatched_id_fkey
    foreign key (unmatched_id) references private.unmatched_participants (id) on delete cascade,
    constraint presence_events_report_id_fkey
    foreign key (report_id) references private.presence_reports (id) on delete cascade,
    constraint presence_events_kind_says_of_whom
    check (num_nonnulls(user_id, unmatched_id) = case kind when 'end' then 0 else 1 end)
);
comment on table private.presence_events is 'Raw joins and leaves, append-only, read in the order of event time.';
comment on column private.presence_events.id is 'Order of arrival.';
comment on column private.presence_events.session_id is 'The session.';
comment on column private.presence_events.user_id is 'Who came or went; null: see unmatched_id, or everybody at the end of a meeting.';
comment on column private.presence_events.unmatched_id is
    'The participant of the review queue who came or went. It counts for the student they are linked to, if any.';
comment on column private.presence_events.kind is 'join, leave, or end of the meeting.';
comment on column private.presence_events.occurred_at is 'When it happened.';
comment on column private.presence_events.source is 'Who saw it: join (our own functions) or platform.';
comment on column private.presence_events.platform is 'The platform that told; null for our own functions.';
comment on column private.presence_events.event_id is
    'The platform''s id of the event, told and recorded once; null for our own functions and for reports.';
comment on column private.presence_events.connection_id is
    'The device or connection, where the platform tells: what one leaves another may still be in. Null: not known.';
comment on column private.presence_events.report_id is 'The report that says so; null for what was told as it happened.';
comment on column private.presence_events.recorded_at is 'When it was recorded.';

alter table private.presence_events enable row level security;

create index presence_events_session_id_user_id_idx on private.presence_events (session_id, user_id, occurred_at, id);
create index presence_events_user_id_idx on private.presence_events (user_id);
create index presence_events_unmatched_id_idx
on private.presence_events (unmatched_id) where unmatched_id is not null;
create index presence_events_report_id_idx on private.presence_events (report_id) where report_id is not null;

-- What a session's check-in codes are made from; made when the host first shows one.
create table private.check_in_keys (
    session_id uuid not null,
    key bytea not null default extensions.gen_random_bytes(32),
    constraint check_in_keys_pkey primary key (session_id),
    constraint check_in_keys_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade
);
comment on table private.check_in_keys is 'What a session''s check-in codes are made from. No function hands it out.';
comment on column private.check_in_keys.session_id is 'The session.';
comment on column private.check_in_keys.key is '32 random bytes.';

alter table private.check_in_keys enable row level security;

-- How many wrong check-in codes a student has sent lately. Six digits are only as good as the number of guesses.
create table private.check_in_guesses (
    session_id uuid not null,
    user_id uuid not null,
    wrong integer not null default 0,
    since timestamptz not null default clock_timestamp(),
    constraint check_in_guesses_pkey primary key (session_id, user_id),
    constraint check_in_guesses_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint check_in_guesses_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table private.check_in_guesses is 'How many wrong check-in codes a student has sent lately.';
comment on column private.check_in_guesses.session_id is 'The session.';
comment on column private.check_in_guesses.user_id is 'The student.';
comment on column private.check_in_guesses.wrong is 'Wrong codes since then.';
comment on column private.check_in_guesses.since is 'When the counting began; it begins anew after five minutes.';

alter table private.check_in_guesses enable row level security;

create index check_in_guesses_user_id_idx on private.check_in_guesses (user_id);

-- Sealing relies on it: whoever has drawn a number has a transaction id already, so that once every transaction up to
-- some id has ended, all numbers drawn until then are in the log or never will be.
create function private.next_audit_id()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_current_xact_id();
    return nextval('private.audit_log_id_seq');
end
$$;
comment on function private.next_audit_id() is
    'The next number of the audit log, drawn by a transaction that has its id.';
revoke execute on function private.next_audit_id() from public;

-- The numbers of the audit log; private.next_audit_id draws them.
create sequence private.audit_log_id_seq as bigint;
comment on sequence private.audit_log_id_seq is 'The numbers of the audit log. Draw them with private.next_audit_id.';

-- Who did what, and who was shown what. Append-only: rows are written by triggers and API functions, never changed, and
-- leave by whole months. Nothing here is hashed while somebody waits: see private.audit_seals.
create table public.audit_log (
    id bigint not null default private.next_audit_id(),
    occurred_at timestamptz not null default clock_timestamp(),
    actor_id uuid default auth.uid(),
    role text not null default coalesce(nullif(auth.role(), ''), session_user::text),
    request text default nullif(
        concat_ws(
            ' ',
            nullif(current_setting('request.method', true), ''),
            nullif(current_setting('request.path', true), '')
        ),
        ''
    ),
    action text not null,
    table_name text not null,
    row_key jsonb not null,
    session_id uuid,
    user_id uuid,
    reason text,
    old jsonb,
    new jsonb,
    constraint audit_log_pkey primary key (id, occurred_at)
) partition by range (occurred_at);
comment on table public.audit_log is
    'Who changed what, old and new per field, and who was shown credentials. Append-only, one partition a month, sealed by a chain of hashes that verify_audit_log checks. Read by managers. Rows outlive what they are about, so there are no foreign keys.';
comment on column public.audit_log.id is 'Order of recording, with gaps.';
comment on column public.audit_log.occurred_at is 'When.';
comment on column public.audit_log.actor_id is 'The user who did it, auth.uid(); null: no user, such as the clock or a script.';
comment on column public.audit_log.role is
    'The API''s role, such as authenticated or service_role; outside the API the database login, such as notifier.';
comment on column public.audit_log.request is 'Method and path of the API request, such as POST /rpc/assign_mentor; null outside the API.';
comment on column public.audit_log.action is
    'insert, update or delete; or the function that showed credentials, decided about a participant or erased a user: join_session, session_credentials, booking_offer_credentials, link_participant, dismiss_participant, erase_user.';
comment on column public.audit_log.table_name is 'The table whose row it is about.';
comment on column public.audit_log.row_key is 'Primary key of that row, by column.';
comment on column public.audit_log.session_id is 'The session it is about; null: none.';
comment on column public.audit_log.user_id is 'The user whose row it is: participant, student, holder of a role; null: nobody''s.';
comment on column public.audit_log.reason is 'What whoever did it gave as the reason: the note on an attendance, the reason of a cancellation.';
comment on column public.audit_log.old is
    'The changed fields before, of a deleted row all that were set; null: there was no row, nothing changed, or it was erased with a person''s data.';
comment on column public.audit_log.new is
    'The changed fields after, of a new row all that are set; null: there is no row any more, nothing changed, or it was erased with a person''s data.';

create index audit_log_session_id_idx on public.audit_log (session_id, id) where session_id is not null;
create index audit_log_user_id_idx on public.audit_log (user_id, id) where user_id is not null;
create index audit_log_actor_id_idx on public.audit_log (actor_id, id) where actor_id is not null;
-- For erase_user: what the log says of a mentor's account leads to the mentor.
create index audit_log_meeting_account_idx on public.audit_log ((row_key ->> 'id'))
where table_name = 'meeting_accounts';

-- Nothing is ever lost for want of a partition; private.keep_audit_partitions moves what lands here.
create table private.audit_log_default partition of public.audit_log default;
alter table private.audit_log_default enable row level security;

-- The chain over the audit log. A hash in each row would make all writers wait for one another; so rows are written
-- without, and sealed in lots afterwards. A seal is first marked (through_id, by which transaction), and closed with
-- its hashes once every transaction that could still write a row up to through_id has ended.
create table private.audit_seals (
    id bigint generated always as identity,
    through_id bigint not null,
    marked_at timestamptz not null default clock_timestamp(),
    marked_by xid8 not null default pg_current_xact_id(),
    entries integer,
    first_at timestamptz,
    last_at timestamptz,
    content_hash bytea,
    hash bytea,
    constraint audit_seals_pkey primary key (id),
    constraint audit_seals_through_id_key unique (through_id),
    constraint audit_seals_closed_or_open check (num_nonnulls(entries, content_hash, hash) in (0, 3))
);
comment on table private.audit_seals is
    'The chain of hashes over the audit log, kept when the entries themselves have been dropped. The last one may be open.';
comment on column private.audit_seals.id is 'Order of the chain, with gaps.';
comment on column private.audit_seals.through_id is 'It seals the entries after the seal before up to this id.';
comment on column private.audit_seals.marked_at is 'When it was marked.';
comment on column private.audit_seals.marked_by is 'The transaction that marked it: entries up to through_id are of earlier ones.';
comment on column private.audit_seals.entries is 'How many entries it seals; null while it is open.';
comment on column private.audit_seals.first_at is 'When the earliest of its entries occurred; null for none.';
comment on column private.audit_seals.last_at is 'When the latest of its entries occurred; null for none.';
comment on column private.audit_seals.content_hash is 'SHA-256 of the digests of its entries in order; null while it is open.';
comment on column private.audit_seals.hash is 'SHA-256 of the hash before and all that verify_audit_log goes by; null while it is open.';

alter table private.audit_seals enable row level security;

-- What was erased from the audit log with a person's data. Its digest stays, so that the chain still holds, and so that
-- what is missing is seen to be missing.
create table private.audit_redactions (
    audit_id bigint not null,
    words_digest bytea not null,
    redacted_at timestamptz not null default clock_timestamp(),
    constraint audit_redactions_pkey primary key (audit_id)
);
comment on table private.audit_redactions is
    'Entries of the audit log whose old, new and reason were erased with a person''s data, and the digest of these.';
comment on column private.audit_redactions.audit_id is 'The entry.';
comment on column private.audit_redactions.words_digest is 'private.audit_words_digest of the entry as it was.';
comment on column private.audit_redactions.redacted_at is 'When it was erased.';

alter table private.audit_redactions enable row level security;

-- Where people occur: every column that names a user. export_user_data and erase_user work through it, so that they
-- cannot forget a table; a test fails while a column that refers to a user is missing.
create table private.personal_data (
    table_name text not null,
    column_name text not null,
    is_about boolean not null,
    erasure text not null,
    cleared_columns text[] not null default '{}',
    found_where text,
    constraint personal_data_pkey primary key (table_name, column_name),
    constraint personal_data_erasure_known check (
        erasure in (
            'kept', -- the row counts; its user id no longer leads to anybody
            'cleared', -- the row counts; cleared_columns become empty
            'deleted' -- the row is of use to nobody any more
        )
    ),
    constraint personal_data_cleared_columns_when_cleared check ((erasure = 'cleared') = (cleared_columns <> '{}'))
);
comment on table private.personal_data is
    'Every column that names a user: what export_user_data hands out and what erase_user does with its rows.';
comment on column private.personal_data.table_name is 'The table, with its schema.';
comment on column private.personal_data.column_name is 'The column that names the user.';
comment on column private.personal_data.is_about is
    'Whether the row is about that user, and is exported; else they only did something in it that is about others.';
comment on column private.personal_data.erasure is 'What erase_user does with the row: kept, cleared or deleted.';
comment on column private.personal_data.cleared_columns is 'The columns that are emptied where erasure is cleared.';
comment on column private.personal_data.found_where is
    'A condition that holds of every row, and by which the planner sees that partial indexes serve; null: none is needed.';

alter table private.personal_data enable row level security;

insert into private.personal_data (table_name, column_name, is_about, erasure, cleared_columns)
values
('public.profiles', 'id', true, 'cleared', '{full_name}'),
('public.user_roles', 'user_id', true, 'deleted', '{}'),
('public.course_enrollments', 'student_id', true, 'kept', '{}'),
('public.session_participants', 'user_id', true, 'kept', '{}'),
('public.session_participants', 'added_by', false, 'kept', '{}'),
('public.session_registrations', 'student_id', true, 'kept', '{}'),
('public.session_attendance', 'student_id', true, 'cleared', '{note}'),
('public.session_attendance', 'marked_by', false, 'kept', '{}'),
('public.session_excuses', 'student_id', true, 'cleared', '{reason, decision_note}'),
('public.session_excuses', 'decided_by', false, 'kept', '{}'),
('public.session_ratings', 'student_id', true, 'cleared', '{comment}'),
('private.host_presence', 'host_id', true, 'kept', '{}'),
('notifier.report_mails', 'recipient_id', true, 'deleted', '{}'),
('public.session_bookings', 'student_id', true, 'cleared', '{note}'),
('public.success_sessions', 'mentor_id', true, 'kept', '{}'),
('public.success_sessions', 'created_by', false, 'kept', '{}'),
('public.session_series', 'mentor_id', true, 'kept', '{}'),
('public.session_series', 'created_by', false, 'kept', '{}'),
('public.booking_offers', 'mentor_id', true, 'kept', '{}'),
('public.booking_offers', 'created_by', false, 'kept', '{}'),
('public.mentor_time_off', 'mentor_id', true, 'deleted', '{}'),
('public.mentor_availability', 'mentor_id', true, 'deleted', '{}'),
('public.blackout_dates', 'created_by', false, 'kept', '{}'),
('public.meeting_accounts', 'mentor_id', true, 'cleared', '{mentor_id}'),
('private.mentor_handovers', 'from_mentor_id', true, 'kept', '{}'),
('private.mentor_handovers', 'to_mentor_id', true, 'kept', '{}'),
('private.personal_links', 'user_id', true, 'deleted', '{}'),
('public.notification_preferences', 'user_id', true, 'deleted', '{}'),
('public.calendar_feeds', 'owner_id', true, 'deleted', '{}'),
('public.session_recordings', 'created_by', false, 'kept', '{}'),
('public.webhook_endpoints', 'created_by', false, 'kept', '{}'),
('public.session_recording_views', 'user_id', true, 'kept', '{}'),
('public.audit_log', 'user_id', true, 'kept', '{}'),
('public.audit_log', 'actor_id', false, 'kept', '{}'),
('notifier.enrollment_changes', 'student_id', true, 'kept', '{}'),
('notifier.attendance_warnings', 'student_id', true, 'kept', '{}'),
('private.presence_events', 'user_id', true, 'kept', '{}'),
('private.check_in_guesses', 'user_id', true, 'deleted', '{}'),
('private.platform_participants', 'user_id', true, 'deleted', '{}'),
('private.unmatched_participants', 'student_id', true, 'cleared', '{identity, full_name, email}'),
('private.unmatched_participants', 'decided_by', false, 'kept', '{}'),
('notifier.events', 'student_id', true, 'kept', '{}');

insert into private.personal_data (table_name, column_name, is_about, erasure, found_where)
values (
    'notifier.emails',
    'recipient_id',
    true,
    'kept',
    $$status in ('queued', 'claimed', 'sending', 'in_doubt') or status in ('sent', 'skipped', 'dead')$$
);

-- Recordings of sessions: an address, or an object in the bucket `session-recordings`. Students see those that are
-- published, while they have access to the session.
create table public.session_recordings (
    id uuid not null default gen_random_uuid(),
    session_id uuid not null,
    title text,
    url text,
    storage_path text,
    duration_minutes integer,
    is_published boolean not null default false,
    available_from timestamptz not null default now(),
    available_until timestamptz,
    notify boolean not null default false,
    told_at timestamptz,
    platform text,
    event_id text,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    announce_at timestamptz generated always as (
        case when is_published and notify and told_at is null then available_from end
    ) stored,
    constraint session_recordings_pkey primary key (id),
    constraint session_recordings_platform_event_id_key unique (platform, event_id),
    constraint session_recordings_storage_path_key unique (storage_path),
    constraint session_recordings_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_recordings_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint session_recordings_title_not_blank check (
        private.rule(
            btrim(title) <> '' and char_length(title) <= 200 and title !~ '[[:cntrl:]]',
            'session_recordings_title_not_blank',
            'title must be one line of 1 to 200 characters',
            'Give the recording a title that is not blank, or leave it out.'
        )
    ),
    constraint session_recordings_storage_path_of_session check (
        private.rule(
            storage_path ~ ('^' || session_id || '/[^/[:cntrl:]][^[:cntrl:]]*$')
            -- Addresses are built of it, and in an address these segments, however spelt, lead out of the folder.
            and storage_path !~ '[%\\]|/[.]{1,2}(/|$)'
            and char_length(storage_path) <= 1000,
            'session_recordings_storage_path_of_session',
            'storage_path must be a path in the folder of its session',
            'Upload the file to session-recordings/<session_id>/<name> and send <session_id>/<name>.'
        )
    ),
    constraint session_recordings_duration_minutes_range check (
        private.rule(
            duration_minutes between 0 and 1440,
            'session_recordings_duration_minutes_range',
            'duration_minutes must be between 0 and 1440',
            'Send the length in minutes, or leave it out.'
        )
    ),
    constraint session_recordings_available_until_after_from check (
        private.rule(
            available_until > available_from,
            'session_recordings_available_until_after_from',
            'available_until must be after available_from',
            'Send a later available_until, or null for no end.'
        )
    )
);
comment on table public.session_recordings is
    'Recordings of sessions. Managed by host and managers; students of the session see those that are published and available, while they have access.';
comment on column public.session_recordings.id is 'The recording.';
comment on column public.session_recordings.session_id is 'The session it was made of; never changes.';
comment on column public.session_recordings.title is 'One line, such as the part''s name; null: the session''s title says enough.';
comment on column public.session_recordings.url is
    'Write-only: the address, http(s), goes into Vault and reads back as null; open_recording gives it. Either this or storage_path.';
comment on column public.session_recordings.storage_path is
    'Name of the object in the private bucket session-recordings, <session_id>/<name>; null: it has an address.';
comment on column public.session_recordings.duration_minutes is 'Length in minutes; null: not known.';
comment on column public.session_recordings.is_published is 'Whether students may see it.';
comment on column public.session_recordings.available_from is 'From when on students may see it.';
comment on column public.session_recordings.available_until is 'Until when students may see it; null: no end.';
comment on column public.session_recordings.notify is
    'Whether those who take part get one mail once it is published and available.';
comment on column public.session_recordings.told_at is 'When that mail was ordered, once and for all; null: not yet.';
comment on column public.session_recordings.platform is 'The platform that made it; null: entered by a person.';
comment on column public.session_recordings.event_id is 'The platform''s id of it; null: entered by a person.';
comment on column public.session_recordings.created_by is 'Who entered it; null: the platform, or a user since deleted.';
comment on column public.session_recordings.created_at is 'When it was entered.';
comment on column public.session_recordings.updated_at is 'When it last changed.';
comment on column public.session_recordings.announce_at is
    'Generated: when the mail is to be ordered; null where none is, or was.';

create index session_recordings_session_id_idx on public.session_recordings (session_id);
create index session_recordings_created_by_idx on public.session_recordings (created_by);
-- What the clock searches by.
create index session_recordings_announce_at_idx
on public.session_recordings (announce_at) where announce_at is not null;

-- Where their files are.
insert into storage.buckets (id, name, public) values ('session-recordings', 'session-recordings', false)
on conflict (id) do update set public = false;

-- Other systems that are told of changes by HTTPS: a student information system, a data warehouse, a chat. Settings of
-- the platform, so only admins see them. The secret that deliveries are signed with is in Vault.
create table public.webhook_endpoints (
    id uuid not null default gen_random_uuid(),
    url text not null,
    description text,
    event_types text[] not null,
    is_active boolean not null default true,
    previous_secret_until timestamptz,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint webhook_endpoints_pkey primary key (id),
    constraint webhook_endpoints_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint webhook_endpoints_url_https check (
        private.rule(
            url ~ '^https://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[!-"$-~]*)?$'
            and private.is_web_address(url)
            and char_length(url) <= 2000,
            'webhook_endpoints_url_https',
            'url must be an https address without login and fragment',
            'Send one like https://hooks.example.com/live-sessions, special characters %-encoded.'
        )
    ),
    constraint webhook_endpoints_description_not_blank check (
        private.rule(
            btrim(description) <> '' and char_length(description) <= 200 and description !~ '[[:cntrl:]]',
            'webhook_endpoints_description_not_blank',
            'description must be one line of 1 to 200 characters',
            'Say what listens there, or leave it out.'
        )
    ),
    constraint webhook_endpoints_event_types_known check (
        private.rule(
            cardinality(event_types) between 1 and 5
            and event_types <@ array[
                'session.created', -- a session that invites people came to be
                'session.changed', -- what people see of it changed
                'session.cancelled', -- it was called off
                'attendance.finalized', -- it is over, and who was there is settled
                'recording.ready' -- a recording was published
            ],
            'webhook_endpoints_event_types_known',
            'event_types must name at least one known event type',
            'Choose from session.created, session.changed, session.cancelled, attendance.finalized, recording.ready.'
        )
    )
);
comment on table public.webhook_endpoints is
    'Addresses that are told of changes by signed HTTPS requests (Standard Webhooks). Seen and changed by admins only; made by create_webhook_endpoint.';
comment on column public.webhook_endpoints.id is 'The endpoint.';
comment on column public.webhook_endpoints.url is 'Where requests go: https only. The notifier refuses private networks unless it is told otherwise.';
comment on column public.webhook_endpoints.description is 'What listens there.';
comment on column public.webhook_endpoints.event_types is
    'What it is told of: session.created, session.changed, session.cancelled, attendance.finalized, recording.ready.';
comment on column public.webhook_endpoints.is_active is 'Whether it is told anything; switched off also by an answer 410.';
comment on column public.webhook_endpoints.previous_secret_until is
    'Until when requests are also signed with the secret before the last rotation; null without one.';
comment on column public.webhook_endpoints.created_by is 'Who entered it.';
comment on column public.webhook_endpoints.created_at is 'When it was entered.';
comment on column public.webhook_endpoints.updated_at is 'When it last changed.';

create index webhook_endpoints_created_by_idx on public.webhook_endpoints (created_by);

-- Who opened which recording, and when. Append-only; written by open_recording.
create table public.session_recording_views (
    id uuid not null default gen_random_uuid(),
    recording_id uuid not null,
    session_id uuid not null,
    user_id uuid not null,
    viewed_at timestamptz not null default clock_timestamp(),
    constraint session_recording_views_pkey primary key (id),
    constraint session_recording_views_recording_id_fkey
    foreign key (recording_id) references public.session_recordings (id) on delete cascade,
    constraint session_recording_views_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_recording_views_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table public.session_recording_views is
    'Who opened which recording, and when: own rows for everybody, all of a session''s for its host and managers. Written by open_recording.';
comment on column public.session_recording_views.id is 'The opening.';
comment on column public.session_recording_views.recording_id is 'The recording.';
comment on column public.session_recording_views.session_id is 'Its session.';
comment on column public.session_recording_views.user_id is 'Who opened it.';
comment on column public.session_recording_views.viewed_at is 'When.';

-- user_id is in them because the policy asks for it: course_enrollments says why.
create index session_recording_views_recording_id_user_id_idx
on public.session_recording_views (recording_id, user_id);
create index session_recording_views_session_id_user_id_idx on public.session_recording_views (session_id, user_id);
create index session_recording_views_user_id_idx on public.session_recording_views (user_id, viewed_at);

-- When a mentor is away. Entries may overlap: leave that is entered twice is still leave.
create table public.mentor_time_off (
    id uuid not null default gen_random_uuid(),
    mentor_id uuid not null default auth.uid(),
    start_time timestamptz not null,
    end_time timestamptz not null,
    reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint mentor_time_off_pkey primary key (id),
    constraint mentor_time_off_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id) on delete cascade,
    constraint mentor_time_off_start_time_range check (
        private.rule(
            start_time >= '2000-01-01 00:00+00' and start_time < '2200-01-01 00:00+00',
            'mentor_time_off_start_time_range',
            'start_time must be in the years 2000 to 2199',
            'Check the year; send an instant such as 2027-03-01T00:00:00+01:00.'
        )
    ),
    constraint mentor_time_off_end_time_after_start check (
        private.rule(
            end_time > start_time and end_time < '2201-01-01 00:00+00',
            'mentor_time_off_end_time_after_start',
            'end_time must be after start_time, and before the year 2201',
            'Send the instant from which the mentor is back.'
        )
    ),
    constraint mentor_time_off_reason_length check (
        private.rule(
            char_length(reason) <= 200 and reason !~ '[[:cntrl:]]',
            'mentor_time_off_reason_length',
            'reason must be one line of at most 200 characters',
            'Shorten the reason, or leave it out.'
        )
    )
);
comment on table public.mentor_time_off is
    'When mentors are away: no session can be given to them then (23P01). Sessions given to them before stay theirs until somebody acts; the view time_off_clashes lists them. Seen by the mentor and managers.';
comment on column public.mentor_time_off.id is 'The entry.';
comment on column public.mentor_time_off.mentor_id is 'Who is away, a user with the role mentor; the caller when left out.';
comment on column public.mentor_time_off.start_time is 'From when, an instant.';
comment on column public.mentor_time_off.end_time is 'Until when, an instant after start_time; a session may begin at it.';
comment on column public.mentor_time_off.reason is 'For the mentor and managers; one line of at most 200 characters, or null.';
comment on column public.mentor_time_off.created_at is 'When it was entered.';
comment on column public.mentor_time_off.updated_at is 'When it last changed.';

-- What is still to come of one mentor's.
create index mentor_time_off_mentor_id_end_time_idx on public.mentor_time_off (mentor_id, end_time);
-- Who of all is away then.
create index mentor_time_off_period_idx on public.mentor_time_off using gist (tstzrange(start_time, end_time));

-- The hours of the week at which a mentor likes to host, by the clock of a zone, so that 18:00 stays 18:00 over
-- daylight saving changes. A wish, not a rule: time off is the rule.
create table public.mentor_availability (
    id uuid not null default gen_random_uuid(),
    mentor_id uuid not null default auth.uid(),
    weekday smallint not null,
    start_time time not null,
    end_time time not null,
    timezone text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint mentor_availability_pkey primary key (id),
    constraint mentor_availability_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id) on delete cascade,
    constraint mentor_availability_timezone_fkey
    foreign key (timezone) references private.time_zones (name) on update cascade,
    constraint mentor_availability_weekday_range check (
        private.rule(
            weekday between 1 and 7,
            'mentor_availability_weekday_range',
            'weekday must be between 1 and 7',
            'Send 1 for Monday to 7 for Sunday.'
        )
    ),
    constraint mentor_availability_end_time_after_start check (
        private.rule(
            end_time > start_time,
            'mentor_availability_end_time_after_start',
            'end_time must be after start_time',
            'End a day at 24:00, and enter what goes on after midnight for the next weekday, from 00:00.'
        )
    ),
    -- 2001-01-01 was a Monday.
    constraint mentor_availability_mentor_id_no_overlap exclude using gist (
        mentor_id with =,
        timezone with =,
        tsrange(date '2000-12-31' + weekday + start_time, date '2000-12-31' + weekday + end_time) with &&
    )
);
comment on table public.mentor_availability is
    'Weekly hours at which mentors like to host. They shape available_mentors and the slots offered to students; they refuse no session. A mentor who has stated none is available at any time. Seen by the mentor and managers.';
comment on column public.mentor_availability.id is 'The entry.';
comment on column public.mentor_availability.mentor_id is 'Whose hours, a user with the role mentor; the caller when left out.';
comment on column public.mentor_availability.weekday is 'Day of the week (ISO 8601): 1 Monday to 7 Sunday.';
comment on column public.mentor_availability.start_time is 'From when, by the clock in timezone.';
comment on column public.mentor_availability.end_time is
    'Until when, by the clock in timezone, at most 24:00. Hours over midnight are two entries; a session may run across both.';
comment on column public.mentor_availability.timezone is 'IANA zone whose clock is meant.';
comment on column public.mentor_availability.created_at is 'When it was entered.';
comment on column public.mentor_availability.updated_at is 'When it last changed.';
comment on constraint mentor_availability_mentor_id_no_overlap on public.mentor_availability is
    'The hours of one mentor in one zone do not overlap.';

create index mentor_availability_mentor_id_weekday_idx on public.mentor_availability (mentor_id, weekday);
create index mentor_availability_timezone_idx on public.mentor_availability (timezone);

-- Calendars that programs subscribe to by an address that holds a token; see private.calendar_feed_tokens.
create table public.calendar_feeds (
    id uuid not null default gen_random_uuid(),
    owner_id uuid not null,
    label text,
    course_id uuid,
    last_used_at timestamptz,
    created_at timestamptz not null default now(),
    constraint calendar_feeds_pkey primary key (id),
    constraint calendar_feeds_owner_id_fkey
    foreign key (owner_id) references public.profiles (id) on delete cascade,
    constraint calendar_feeds_course_id_fkey
    foreign key (course_id) references public.courses (id) on delete cascade,
    constraint calendar_feeds_label_not_blank check (
        private.rule(
            btrim(label) <> '' and char_length(label) <= 100 and label !~ '[[:cntrl:]]',
            'calendar_feeds_label_not_blank',
            'label must be one line of 1 to 100 characters',
            'Send a name that tells the calendar from others, such as Work, or null.'
        )
    )
);
comment on table public.calendar_feeds is
    'Calendar feeds, each seen by its owner: created by create_calendar_feed, ended for good by revoke_calendar_feed, and gone with the user or the course.';
comment on column public.calendar_feeds.id is 'The feed; not its token, which is shown once and kept nowhere.';
comment on column public.calendar_feeds.owner_id is 'Whose sessions it shows.';
comment on column public.calendar_feeds.label is
    'What the owner calls it, also the calendar''s name in programs; one line, at most 100 characters; null: Live Sessions.';
comment on column public.calendar_feeds.course_id is 'Only the sessions of this course; null: all that its owner may see.';
comment on column public.calendar_feeds.last_used_at is
    'When it was last asked for, within 15 minutes; null: never. A GET straight from PostgREST cannot record it.';
comment on column public.calendar_feeds.created_at is 'When it was created.';

create index calendar_feeds_owner_id_idx on public.calendar_feeds (owner_id);
create index calendar_feeds_course_id_idx on public.calendar_feeds (course_id);

-- Apart from public.calendar_feeds, so that owners can read every column of that. A token has 244 random bits, so a
-- plain hash is enough: there is nothing to guess that salt or many rounds would slow down.
create table private.calendar_feed_tokens (
    token_hash bytea not null,
    feed_id uuid not null,
    constraint calendar_feed_tokens_pkey primary key (token_hash),
    constraint calendar_feed_tokens_feed_id_key unique (feed_id),
    constraint calendar_feed_tokens_feed_id_fkey
    foreign key (feed_id) references public.calendar_feeds (id) on delete cascade
);
comment on table private.calendar_feed_tokens is 'What finds a calendar feed by its token; the token itself is not kept.';
comment on column private.calendar_feed_tokens.token_hash is 'SHA-256 of the token.';
comment on column private.calendar_feed_tokens.feed_id is 'The feed that it opens.';

alter table private.calendar_feed_tokens enable row level security;

-- What somebody wants of the mails that are theirs to choose. No row: as the platform has it.
create table public.notification_preferences (
    user_id uuid not null default auth.uid(),
    kind text not null,
    enabled boolean not null default true,
    reminder_minutes integer[],
    quiet_from time,
    quiet_until time,
    digest_at time,
    due_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint notification_preferences_pkey primary key (user_id, kind),
    constraint notification_preferences_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint notification_preferences_kind_optional check (
        private.rule(
            kind in ('*', 'weekly_report') or kind = any(private.optional_mail_kinds()),
            'notification_preferences_kind_optional',
            'kind must be * or one of ' || array_to_string(private.optional_mail_kinds() || 'weekly_report'::text, ', ')
            || ': other mails cannot be switched off',
            'Send a kind that people may choose about, or * for all of these.'
        )
    ),
    constraint notification_preferences_reminder_minutes_of_reminders check (
        private.rule(
            reminder_minutes is null or kind = 'session_reminder',
            'notification_preferences_reminder_minutes_of_reminders',
            'reminder_minutes belongs to the kind session_reminder',
            'Send it with that kind, or leave it out.'
        )
    ),
    constraint notification_preferences_times_of_all check (
        private.rule(
            num_nonnulls(quiet_from, quiet_until, digest_at) = 0 or kind = '*',
            'notification_preferences_times_of_all',
            'quiet_from, quiet_until and digest_at belong to the kind *',
            'Send them with kind *: they hold for all mails.'
        )
    ),
    constraint notification_preferences_quiet_hours_whole check (
        private.rule(
            num_nonnulls(quiet_from, quiet_until) <> 1
            -- 24:00 is 00:00: with nothing in between mails would wait for ever.
            and quiet_from + interval '0' is distinct from coalesce(quiet_until + interval '0', '24:00'),
            'notification_preferences_quiet_hours_whole',
            'quiet_from and quiet_until must both be sent and differ, or neither',
            'Send two times of day, such as 22:00 and 08:00, or null for both.'
        )
    ),
    constraint notification_preferences_reminder_minutes_known check (
        private.rule(
            reminder_minutes <@ private.reminder_choices()
            and cardinality(reminder_minutes) <= cardinality(private.reminder_choices()),
            'notification_preferences_reminder_minutes_known',
            'reminder_minutes must be some of 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320 and 10080',
            'Send the minutes before the start at which to be reminded, such as [60], or null for the platform''s.'
        )
    )
);
comment on table public.notification_preferences is
    'What somebody wants of the mails that are theirs to choose; own rows only. Where there is no row, the platform''s defaults hold. Asked when a mail is about to be sent.';
comment on column public.notification_preferences.user_id is 'Whose; the caller when left out.';
comment on column public.notification_preferences.kind is
    'A kind of mail that can be switched off (private.optional_mail_kinds), or * for all of them and for what holds for all mails; or weekly_report, which managers get who ask for it.';
comment on column public.notification_preferences.enabled is
    'Whether mails of this kind are wanted; for *: of the kinds that have no row of their own.';
comment on column public.notification_preferences.reminder_minutes is
    'Minutes before the start at which to be reminded of sessions, chosen as in app_settings; null: as the session or the platform has it.';
comment on column public.notification_preferences.quiet_from is
    'From when, by the clock in profiles.timezone, mails wait that are not urgent; later than quiet_until: over midnight. Null: never. Only with *.';
comment on column public.notification_preferences.quiet_until is
    'Until when, by the clock in profiles.timezone, they wait.';
comment on column public.notification_preferences.digest_at is
    'When, by the clock in profiles.timezone, one mail a day tells what is not urgent; null: at once. Only with *.';
comment on column public.notification_preferences.due_at is
    'When the next weekly_summary is due: on Monday at 07:00 by the clock in profiles.timezone. Null for other kinds.';
comment on column public.notification_preferences.created_at is 'When it was first chosen.';
comment on column public.notification_preferences.updated_at is 'When it was last changed.';

-- Whose weekly summary is due.
create index notification_preferences_due_at_idx on public.notification_preferences (due_at) where due_at is not null;
-- Who is mailed the report of the week.
create index notification_preferences_weekly_report_idx on public.notification_preferences (user_id)
where kind = 'weekly_report' and enabled;

-- What students thought of sessions they attended, once each.
create table public.session_ratings (
    session_id uuid not null,
    student_id uuid not null,
    rating integer not null,
    comment text,
    created_at timestamptz not null default now(),
    constraint session_ratings_pkey primary key (session_id, student_id),
    constraint session_ratings_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_ratings_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_ratings_rating_range check (
        private.rule(
            rating between 1 and 5,
            'session_ratings_rating_range',
            'rating must be between 1 and 5',
            'Send 1 (poor) to 5 (excellent).'
        )
    ),
    constraint session_ratings_comment_length check (
        private.rule(
            char_length(comment) <= 2000,
            'session_ratings_comment_length',
            'comment must be at most 2,000 characters',
            'Shorten the comment.'
        )
    )
);
comment on table public.session_ratings is
    'What students thought of sessions they attended, once each; written by rate_session. Read by the student and managers: mentors see counts and means only.';
comment on column public.session_ratings.session_id is 'The session.';
comment on column public.session_ratings.student_id is 'Who rated it.';
comment on column public.session_ratings.rating is '1 (poor) to 5 (excellent).';
comment on column public.session_ratings.comment is 'What the student wrote to the managers, at most 2,000 characters; null for nothing.';
comment on column public.session_ratings.created_at is 'When it was rated.';

create index session_ratings_student_id_idx on public.session_ratings (student_id);

-- When mentors first came to the sessions they host. Presence of students is attendance and stands elsewhere.
create table private.host_presence (
    session_id uuid not null,
    host_id uuid not null,
    joined_at timestamptz not null,
    constraint host_presence_pkey primary key (session_id, host_id),
    constraint host_presence_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint host_presence_host_id_fkey
    foreign key (host_id) references public.profiles (id) on delete cascade
);
comment on table private.host_presence is 'When mentors first came to the sessions they host, which punctuality is worked out from.';
comment on column private.host_presence.session_id is 'The session.';
comment on column private.host_presence.host_id is 'The mentor who hosted it then.';
comment on column private.host_presence.joined_at is 'First join.';

alter table private.host_presence enable row level security;

create index host_presence_host_id_idx on private.host_presence (host_id);

-- Which sessions were taken from a mentor, append-only: what substitutions are counted by.
create table private.mentor_handovers (
    id bigint generated always as identity,
    session_id uuid not null,
    from_mentor_id uuid not null,
    to_mentor_id uuid,
    changed_at timestamptz not null default clock_timestamp(),
    constraint mentor_handovers_pkey primary key (id),
    constraint mentor_handovers_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade
);
comment on table private.mentor_handovers is
    'Sessions that were taken from a mentor, append-only. Rows outlive the mentors, so there are no foreign keys to them.';
comment on column private.mentor_handovers.id is 'Order of the changes.';
comment on column private.mentor_handovers.session_id is 'The session.';
comment on column private.mentor_handovers.from_mentor_id is 'The mentor it was taken from.';
comment on column private.mentor_handovers.to_mentor_id is 'The mentor it was given to; null: to nobody for now.';
comment on column private.mentor_handovers.changed_at is 'When.';

alter table private.mentor_handovers enable row level security;

create index mentor_handovers_session_id_idx on private.mentor_handovers (session_id, id);
create index mentor_handovers_from_mentor_id_idx on private.mentor_handovers (from_mentor_id);
create index mentor_handovers_to_mentor_id_idx on private.mentor_handovers (to_mentor_id)
where to_mentor_id is not null;

-- What happened in each session, in one row: reports add these up instead of counting attendance. Kept by triggers,
-- equal to private.recounted_session_statistics at any time. A session's students are counted from the moment it is
-- completed; until then the counts are zero, so that those who join at the same moment do not queue for this row.
-- The columns that every report reads come first and are never null: Postgres finds them without looking at the others.
create table private.session_statistics (
    session_id uuid not null,
    start_time timestamptz not null,
    scheduled_minutes integer not null,
    status public.session_status not null,
    session_type public.session_type not null,
    registration_required boolean not null,
    host_key uuid not null,
    first_host_key uuid not null,
    present integer not null,
    late integer not null,
    partial integer not null,
    absent integer not null,
    excused integer not null,
    minutes integer not null,
    registered integer not null,
    seats integer not null,
    ratings integer not null,
    rating_points integer not null,
    minutes_to_5 integer not null,
    minutes_to_10 integer not null,
    minutes_to_15 integer not null,
    minutes_to_20 integer not null,
    minutes_to_25 integer not null,
    minutes_to_30 integer not null,
    minutes_to_35 integer not null,
    minutes_to_40 integer not null,
    minutes_to_45 integer not null,
    minutes_to_50 integer not null,
    minutes_to_55 integer not null,
    minutes_to_60 integer not null,
    minutes_to_75 integer not null,
    minutes_to_90 integer not null,
    minutes_to_120 integer not null,
    minutes_to_180 integer not null,
    minutes_to_240 integer not null,
    minutes_to_1440 integer not null,
    course_id uuid,
    batch_id uuid,
    host_joined_at timestamptz,
    constraint session_statistics_pkey primary key (session_id),
    constraint session_statistics_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade
);
comment on table private.session_statistics is
    'One row per session with what reports add up; equal to private.recounted_session_statistics. Counts of students are zero until the session is completed.';
comment on column private.session_statistics.session_id is 'The session.';
comment on column private.session_statistics.start_time is 'Begin of the session.';
comment on column private.session_statistics.scheduled_minutes is 'Length of the session, in minutes, rounded.';
comment on column private.session_statistics.status is 'Status of the session, as stored.';
comment on column private.session_statistics.session_type is 'Kind of session.';
comment on column private.session_statistics.registration_required is 'Whether students need a seat.';
comment on column private.session_statistics.host_key is 'The mentor, or the zero uuid.';
comment on column private.session_statistics.first_host_key is
    'The first mentor the session was given to, or the zero uuid; another one than host_key: it was handed over.';
comment on column private.session_statistics.present is 'Students marked present.';
comment on column private.session_statistics.late is 'Students marked late.';
comment on column private.session_statistics.partial is 'Students marked partial.';
comment on column private.session_statistics.absent is 'Students marked absent.';
comment on column private.session_statistics.excused is 'Students marked excused.';
comment on column private.session_statistics.minutes is 'Minutes present, summed over those counted in minutes_to_….';
comment on column private.session_statistics.registered is 'Students who hold a seat.';
comment on column private.session_statistics.seats is 'Seats there were; 0 where capacity is null.';
comment on column private.session_statistics.ratings is 'Number of ratings.';
comment on column private.session_statistics.rating_points is 'Sum of the ratings, 1 to 5 each.';
comment on column private.session_statistics.minutes_to_5 is
    'Students who came, and whose presence was measured (joined_at is known), for 0 to 5 minutes.';
comment on column private.session_statistics.minutes_to_10 is
    'Students who came, and whose presence was measured (joined_at is known), for 6 to 10 minutes.';
comment on column private.session_statistics.minutes_to_15 is
    'Students who came, and whose presence was measured (joined_at is known), for 11 to 15 minutes.';
comment on column private.session_statistics.minutes_to_20 is
    'Students who came, and whose presence was measured (joined_at is known), for 16 to 20 minutes.';
comment on column private.session_statistics.minutes_to_25 is
    'Students who came, and whose presence was measured (joined_at is known), for 21 to 25 minutes.';
comment on column private.session_statistics.minutes_to_30 is
    'Students who came, and whose presence was measured (joined_at is known), for 26 to 30 minutes.';
comment on column private.session_statistics.minutes_to_35 is
    'Students who came, and whose presence was measured (joined_at is known), for 31 to 35 minutes.';
comment on column private.session_statistics.minutes_to_40 is
    'Students who came, and whose presence was measured (joined_at is known), for 36 to 40 minutes.';
comment on column private.session_statistics.minutes_to_45 is
    'Students who came, and whose presence was measured (joined_at is known), for 41 to 45 minutes.';
comment on column private.session_statistics.minutes_to_50 is
    'Students who came, and whose presence was measured (joined_at is known), for 46 to 50 minutes.';
comment on column private.session_statistics.minutes_to_55 is
    'Students who came, and whose presence was measured (joined_at is known), for 51 to 55 minutes.';
comment on column private.session_statistics.minutes_to_60 is
    'Students who came, and whose presence was measured (joined_at is known), for 56 to 60 minutes.';
comment on column private.session_statistics.minutes_to_75 is
    'Students who came, and whose presence was measured (joined_at is known), for 61 to 75 minutes.';
comment on column private.session_statistics.minutes_to_90 is
    'Students who came, and whose presence was measured (joined_at is known), for 76 to 90 minutes.';
comment on column private.session_statistics.minutes_to_120 is
    'Students who came, and whose presence was measured (joined_at is known), for 91 to 120 minutes.';
comment on column private.session_statistics.minutes_to_180 is
    'Students who came, and whose presence was measured (joined_at is known), for 121 to 180 minutes.';
comment on column private.session_statistics.minutes_to_240 is
    'Students who came, and whose presence was measured (joined_at is known), for 181 to 240 minutes.';
comment on column private.session_statistics.minutes_to_1440 is
    'Students who came, and whose presence was measured (joined_at is known), for 241 to 1440 minutes.';
comment on column private.session_statistics.course_id is 'Course of the session.';
comment on column private.session_statistics.batch_id is 'Batch of the session.';
comment on column private.session_statistics.host_joined_at is 'When the mentor first joined; null: not seen.';

alter table private.session_statistics enable row level security;

-- The sessions of a period: of everybody, of a course, of a mentor, and those that a mentor handed over.
create index session_statistics_start_time_idx on private.session_statistics (start_time);
create index session_statistics_course_id_start_time_idx on private.session_statistics (course_id, start_time);
create index session_statistics_host_key_start_time_idx on private.session_statistics (host_key, start_time);
create index session_statistics_handed_over_idx on private.session_statistics (first_host_key, start_time)
where first_host_key <> host_key;
