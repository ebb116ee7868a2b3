-- Who was sent the report of which days: what keeps a second run from sending it again.
create table notifier.report_mails (
    id uuid not null default gen_random_uuid(),
    recipient_id uuid not null,
    first_day date not null,
    last_day date not null,
    claim_id uuid not null,
    held_until timestamptz not null,
    sent_at timestamptz,
    refused_at timestamptz,
    last_error text,
    constraint report_mails_pkey primary key (id),
    constraint report_mails_recipient_id_first_day_last_day_key unique (recipient_id, first_day, last_day),
    constraint report_mails_sent_or_refused check (num_nonnulls(sent_at, refused_at) < 2)
);
comment on table notifier.report_mails is
    'Reports that were mailed, one row per recipient and days. Holds user ids, never addresses; rows outlive the user, so there is no foreign key.';
comment on column notifier.report_mails.id is 'The mail; its Message-ID and idempotency key are made of it, at every attempt the same.';
comment on column notifier.report_mails.recipient_id is 'The user it goes to.';
comment on column notifier.report_mails.first_day is 'First day of the report.';
comment on column notifier.report_mails.last_day is 'Last day of the report.';
comment on column notifier.report_mails.claim_id is 'The claim that holds or last held it; only that one records a failure.';
comment on column notifier.report_mails.held_until is 'Until when whoever claimed it last may be sending it.';
comment on column notifier.report_mails.sent_at is 'When its acceptance was recorded; null: not yet.';
comment on column notifier.report_mails.refused_at is 'When it was refused for good: it is tried again by hand only.';
comment on column notifier.report_mails.last_error is 'What the last failed attempt met, without addresses.';

alter table notifier.report_mails enable row level security;
