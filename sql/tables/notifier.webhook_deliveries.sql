-- One row per endpoint and event: the queue of outgoing webhooks, and afterwards their record. Delivered at least once:
-- the row's id is the webhook-id that receivers know a repetition by.
--
-- A row that a worker holds is due again at the end of its lease, so taking over needs no second look.
create table notifier.webhook_deliveries (
    id uuid not null default gen_random_uuid(),
    endpoint_id uuid not null,
    event_type text not null,
    source text not null,
    payload jsonb not null,
    status text not null default 'queued',
    attempts integer not null default 0,
    available_at timestamptz not null default clock_timestamp(),
    claim_id uuid,
    claimed_by text,
    sent_at timestamptz,
    response_status integer,
    last_error text,
    created_at timestamptz not null default clock_timestamp(),
    constraint webhook_deliveries_pkey primary key (id),
    constraint webhook_deliveries_endpoint_id_event_type_source_key unique (endpoint_id, event_type, source),
    constraint webhook_deliveries_endpoint_id_fkey
    foreign key (endpoint_id) references public.webhook_endpoints (id) on delete cascade,
    constraint webhook_deliveries_status_known check (
        status in (
            'queued', -- waiting until available_at
            'claimed', -- a worker has it until available_at
            'sent', -- answered with 2xx
            'dead' -- given up; last_error says why
        )
    ),
    constraint webhook_deliveries_claim_while_held check (status <> 'claimed' or claim_id is not null),
    constraint webhook_deliveries_sent_at_when_sent check ((status = 'sent') = (sent_at is not null)),
    constraint webhook_deliveries_attempts_not_negative check (attempts >= 0)
)
with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01,
    autovacuum_analyze_threshold = 1000
);
comment on table notifier.webhook_deliveries is
    'Outgoing webhooks, one row per endpoint and event: queue and record. Payloads hold ids, never names, addresses or links.';
comment on column notifier.webhook_deliveries.id is 'The delivery: the header webhook-id, the same at every attempt.';
comment on column notifier.webhook_deliveries.endpoint_id is 'Where it goes.';
comment on column notifier.webhook_deliveries.event_type is 'What happened.';
comment on column notifier.webhook_deliveries.source is 'What made it: the outbox event or the recording; once per endpoint.';
comment on column notifier.webhook_deliveries.payload is 'The body: type, timestamp and data.';
comment on column notifier.webhook_deliveries.status is 'queued, claimed, sent or dead.';
comment on column notifier.webhook_deliveries.attempts is 'Claims so far.';
comment on column notifier.webhook_deliveries.available_at is 'Not to be claimed earlier; for a claimed one, the end of its lease.';
comment on column notifier.webhook_deliveries.claim_id is 'The claim that holds or last held it.';
comment on column notifier.webhook_deliveries.claimed_by is 'Name of the worker that holds or last held it.';
comment on column notifier.webhook_deliveries.sent_at is 'When a 2xx was recorded.';
comment on column notifier.webhook_deliveries.response_status is 'HTTP status of the last answer; null without one.';
comment on column notifier.webhook_deliveries.last_error is 'What the last failed attempt met.';
comment on column notifier.webhook_deliveries.created_at is 'When it was queued.';

alter table notifier.webhook_deliveries enable row level security;

create index webhook_deliveries_due_idx on notifier.webhook_deliveries (available_at, id)
where status in ('queued', 'claimed');
create index webhook_deliveries_held_idx on notifier.webhook_deliveries (endpoint_id) where status = 'claimed';
create index webhook_deliveries_endpoint_id_created_at_idx on notifier.webhook_deliveries (endpoint_id, created_at);
create index webhook_deliveries_created_at_idx on notifier.webhook_deliveries (created_at);
