-- What somebody wants of the mails that are theirs to choose. No row: as the platform has it.
create table public.notification_preferences (
    user_id uuid not null default auth.uid(),
    kind text not null,
    enabled boolean not null default true,
    reminder_minutes integer[],
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint notification_preferences_pkey primary key (user_id, kind),
    constraint notification_preferences_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint notification_preferences_kind_optional check (
        private.rule(
            kind = 'session_reminder',
            'notification_preferences_kind_optional',
            'kind must be session_reminder: other mails cannot be switched off',
            'Send a kind that people may choose about.'
        )
    ),
    constraint notification_preferences_reminder_minutes_known check (
        private.rule(
            reminder_minutes <@ private.reminder_choices(),
            'notification_preferences_reminder_minutes_known',
            'reminder_minutes must be some of 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320 and 10080',
            'Send the minutes before the start at which to be reminded, such as [60], or null for the platform''s.'
        )
    )
);
comment on table public.notification_preferences is
    'What somebody wants of the mails that are theirs to choose; own rows only. Where there is no row, the platform''s defaults hold. Asked when a mail is about to be sent.';
comment on column public.notification_preferences.user_id is 'Whose; the caller when left out.';
comment on column public.notification_preferences.kind is 'Kind of mail: session_reminder.';
comment on column public.notification_preferences.enabled is 'Whether mails of this kind are wanted.';
comment on column public.notification_preferences.reminder_minutes is
    'Minutes before the start at which to be reminded of sessions, chosen as in app_settings; null: as the session or the platform has it.';
comment on column public.notification_preferences.created_at is 'When it was first chosen.';
comment on column public.notification_preferences.updated_at is 'When it was last changed.';
