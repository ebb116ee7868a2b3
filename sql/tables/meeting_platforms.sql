-- The video platforms a session may run on. The rows below are reference data and belong to the schema.
create table public.meeting_platforms (
    id text not null,
    name text not null,
    is_active boolean not null default true,
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
            btrim(name) <> '', 'meeting_platforms_name_not_blank', 'name must not be blank', 'Give the platform a name.'
        )
    )
);
comment on table public.meeting_platforms is 'The video platforms a session may run on.';
comment on column public.meeting_platforms.id is 'Lowercase identifier, success_sessions.platform.';
comment on column public.meeting_platforms.name is 'Name as shown.';
comment on column public.meeting_platforms.is_active is 'Whether new sessions may choose it.';

insert into public.meeting_platforms (id, name) values
('zoom', 'Zoom'),
('google_meet', 'Google Meet'),
('microsoft_teams', 'Microsoft Teams'),
('jitsi', 'Jitsi Meet'),
('other', 'Other');
