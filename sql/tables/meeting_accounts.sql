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
