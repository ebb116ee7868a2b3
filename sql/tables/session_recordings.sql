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
