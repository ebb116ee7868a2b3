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
