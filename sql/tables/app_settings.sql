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
