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
