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
