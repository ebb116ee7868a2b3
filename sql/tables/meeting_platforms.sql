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
