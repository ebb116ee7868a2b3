-- The video platforms a session may run on. The rows below are reference data and belong to the schema.
create table public.meeting_platforms (
    id text not null,
    name text not null,
    is_active boolean not null default true,
    max_concurrent_meetings integer,
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
    ),
    constraint meeting_platforms_max_concurrent_meetings_range check (
        private.rule(
            max_concurrent_meetings between 1 and 1000,
            'meeting_platforms_max_concurrent_meetings_range',
            'max_concurrent_meetings must be between 1 and 1000',
            'Send how many meetings one account can host at once; null: any number.'
        )
    )
);
comment on table public.meeting_platforms is 'The video platforms a session may run on.';
comment on column public.meeting_platforms.id is 'Lowercase identifier, success_sessions.platform.';
comment on column public.meeting_platforms.name is 'Name as shown.';
comment on column public.meeting_platforms.is_active is 'Whether new sessions may choose it.';
comment on column public.meeting_platforms.max_concurrent_meetings is
    'How many meetings one account can host at once, for new rows of meeting_accounts; null: any number.';

-- Zoom: a licensed user of a Business, Education or Enterprise account hosts two at once, one of a Pro account (or
-- without a licence) one, which is then set in meeting_accounts. support.zoom.com, article KB0068522.
insert into public.meeting_platforms (id, name, max_concurrent_meetings) values
('zoom', 'Zoom', 2),
('google_meet', 'Google Meet', null),
('microsoft_teams', 'Microsoft Teams', null),
('jitsi', 'Jitsi Meet', null),
('other', 'Other', null);
