-- Other systems that are told of changes by HTTPS: a student information system, a data warehouse, a chat. Settings of
-- the platform, so only admins see them. The secret that deliveries are signed with is in Vault.
create table public.webhook_endpoints (
    id uuid not null default gen_random_uuid(),
    url text not null,
    description text,
    event_types text[] not null,
    is_active boolean not null default true,
    previous_secret_until timestamptz,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint webhook_endpoints_pkey primary key (id),
    constraint webhook_endpoints_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint webhook_endpoints_url_https check (
        private.rule(
            url ~ '^https://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[!-"$-~]*)?$'
            and private.is_web_address(url)
            and char_length(url) <= 2000,
            'webhook_endpoints_url_https',
            'url must be an https address without login and fragment',
            'Send one like https://hooks.example.com/live-sessions, special characters %-encoded.'
        )
    ),
    constraint webhook_endpoints_description_not_blank check (
        private.rule(
            btrim(description) <> '' and char_length(description) <= 200 and description !~ '[[:cntrl:]]',
            'webhook_endpoints_description_not_blank',
            'description must be one line of 1 to 200 characters',
            'Say what listens there, or leave it out.'
        )
    ),
    constraint webhook_endpoints_event_types_known check (
        private.rule(
            cardinality(event_types) between 1 and 5
            and event_types <@ array[
                'session.created', -- a session that invites people came to be
                'session.changed', -- what people see of it changed
                'session.cancelled', -- it was called off
                'attendance.finalized', -- it is over, and who was there is settled
                'recording.ready' -- a recording was published
            ],
            'webhook_endpoints_event_types_known',
            'event_types must name at least one known event type',
            'Choose from session.created, session.changed, session.cancelled, attendance.finalized, recording.ready.'
        )
    )
);
comment on table public.webhook_endpoints is
    'Addresses that are told of changes by signed HTTPS requests (Standard Webhooks). Seen and changed by admins only; made by create_webhook_endpoint.';
comment on column public.webhook_endpoints.id is 'The endpoint.';
comment on column public.webhook_endpoints.url is 'Where requests go: https only. The notifier refuses private networks unless it is told otherwise.';
comment on column public.webhook_endpoints.description is 'What listens there.';
comment on column public.webhook_endpoints.event_types is
    'What it is told of: session.created, session.changed, session.cancelled, attendance.finalized, recording.ready.';
comment on column public.webhook_endpoints.is_active is 'Whether it is told anything; switched off also by an answer 410.';
comment on column public.webhook_endpoints.previous_secret_until is
    'Until when requests are also signed with the secret before the last rotation; null without one.';
comment on column public.webhook_endpoints.created_by is 'Who entered it.';
comment on column public.webhook_endpoints.created_at is 'When it was entered.';
comment on column public.webhook_endpoints.updated_at is 'When it last changed.';

create index webhook_endpoints_created_by_idx on public.webhook_endpoints (created_by);
