-- What a provider tells of mails after it has accepted them: delivered, bounced, complained of. Its own id of the event
-- is the key, so that hearing it twice changes nothing.
create table notifier.mail_events (
    id text not null,
    email_id uuid,
    kind text not null,
    occurred_at timestamptz not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint mail_events_pkey primary key (id),
    constraint mail_events_kind_known check (
        kind in (
            'delivered', -- the recipient's server took it
            'delayed', -- it has not yet, and is tried again
            'bounced', -- it refused for good
            'soft_bounced', -- it refused for now: a full mailbox, a message too large
            'complained', -- the recipient called it spam
            'failed' -- the provider could not send it
        )
    )
);
comment on table notifier.mail_events is
    'What a provider told of mails it had accepted. Holds no address. Rows outlive the mail, so there is no foreign key.';
comment on column notifier.mail_events.id is 'The provider''s id of the event.';
comment on column notifier.mail_events.email_id is 'The mail; null when the provider did not say.';
comment on column notifier.mail_events.kind is 'delivered, delayed, bounced, soft_bounced, complained or failed.';
comment on column notifier.mail_events.occurred_at is 'When it happened, by the provider''s clock.';
comment on column notifier.mail_events.created_at is 'When it was recorded.';

alter table notifier.mail_events enable row level security;

create index mail_events_email_id_idx on notifier.mail_events (email_id) where email_id is not null;
create index mail_events_created_at_idx on notifier.mail_events (created_at);
