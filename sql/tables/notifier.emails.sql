-- One row per recipient and event: the queue, and afterwards the record of what was sent to whom. No address is stored,
-- no text either: what a mail says is decided by the claim, from the events told_from to told_through.
--
-- What one transaction did to a person goes out as one mail: the claim makes one of the rows its carrier and the others
-- carried by it. From then on they share the carrier's fate. Whoever changes the status of a carrier has locked it, and
-- carried rows are locked under their carrier's lock only, so that nobody ever waits for one.
create table notifier.emails (
    id uuid not null default gen_random_uuid(),
    event_id bigint not null,
    transaction_id xid8,
    session_id uuid not null,
    recipient_id uuid not null,
    kind notifier.email_kind not null,
    topic notifier.email_topic not null generated always as (
        case
            when kind = 'session_reminder' then 'reminder'::notifier.email_topic
            when kind = 'weekly_summary' then 'week'::notifier.email_topic
            when kind = 'attendance_warning' then 'warning'::notifier.email_topic
            when kind = 'attendance_summary' then 'summary'::notifier.email_topic
            when kind = 'recording_available' then 'recording'::notifier.email_topic
            when kind in ('registration_confirmed', 'waitlist_promoted') then 'registration'::notifier.email_topic
            else 'invitation'::notifier.email_topic
        end
    ) stored,
    status notifier.email_status not null default 'queued',
    urgent boolean not null default false,
    attempts integer not null default 0,
    available_at timestamptz not null default clock_timestamp(),
    turn_scope text,
    postponed_for text,
    claim_id uuid,
    claimed_by text,
    lease_until timestamptz,
    carried_by uuid,
    parcel_id uuid,
    told_from bigint,
    told_through bigint,
    in_doubt_at timestamptz,
    sent_at timestamptz,
    transport text,
    skip_reason text,
    last_error text,
    created_at timestamptz not null default clock_timestamp(),
    constraint emails_pkey primary key (id),
    constraint emails_event_id_recipient_id_topic_key unique (event_id, recipient_id, topic),
    constraint emails_event_id_fkey foreign key (event_id) references notifier.events (id),
    constraint emails_carried_by_fkey foreign key (carried_by) references notifier.emails (id) on delete set null,
    constraint emails_attempts_not_negative check (attempts >= 0),
    constraint emails_turn_scope_known check (turn_scope in ('domain', 'all')),
    constraint emails_claim_while_held check (
        status not in ('claimed', 'sending') or (claim_id is not null and num_nonnulls(lease_until, carried_by) = 1)
    ),
    constraint emails_lease_only_while_held check (lease_until is null or status in ('claimed', 'sending')),
    constraint emails_postponed_for_known check (
        postponed_for in (
            'quiet_hours', -- of the recipient
            'digest' -- the recipient's mail of the day
        )
    ),
    constraint emails_carried_by_while_told check (carried_by is null or status not in ('queued', 'skipped')),
    constraint emails_parcel_id_while_told check (parcel_id is null or (carried_by is null and status <> 'queued')),
    constraint emails_in_doubt_at_while_in_doubt check (status <> 'in_doubt' or in_doubt_at is not null),
    constraint emails_sent_at_when_sent check ((status = 'sent') = (sent_at is not null)),
    constraint emails_skip_reason_when_skipped check ((status = 'skipped') = (skip_reason is not null)),
    constraint emails_skip_reason_known check (
        skip_reason in (
            'superseded', -- an earlier waiting mail says it all
            'already_told', -- an earlier mail went out so late that it said it all
            'cancelled_before_told', -- the session was called off before the recipient had heard of it, or was reminded
            'not_invited', -- no longer in the audience, or access has ended, or that to a recording
            'not_registered', -- the seat was given up before the student was told of it
            'nothing_changed', -- changed there and back
            'session_over', -- too late
            'session_moved', -- a reminder of a start that is none any more
            'too_late', -- a reminder that has lost its use
            'told_just_now', -- a reminder of what the recipient is only being told of, or was minutes ago
            'switched_off', -- the recipient does not want this kind
            'no_address', -- the user has no address, or is gone
            'suppressed', -- mail to the address bounced, or was complained of; notifier.suppressions
            'discarded' -- an operator gave it up
        )
    )
)
-- A mail's row is written four times within seconds, and most of these rows are a record that never changes again:
-- vacuum by what has just died rather than by a fifth of the record.
with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.01,
    autovacuum_analyze_threshold = 5000
);
comment on table notifier.emails is
    'One row per recipient and event: the queue, and afterwards the record of what was sent to whom. Holds user ids, never addresses or texts. Rows outlive session and user, so there are no foreign keys to them.';
comment on column notifier.emails.id is 'The mail; its Message-ID and idempotency key are made of it.';
comment on column notifier.emails.event_id is 'The change it tells of; the first of several that are told together.';
comment on column notifier.emails.transaction_id is
    'The transaction that made the change, where it changed several sessions: what may go out as one mail; 0: what waits for the recipient''s mail of the day. Else null.';
comment on column notifier.emails.session_id is 'The session.';
comment on column notifier.emails.recipient_id is 'The user it goes to.';
comment on column notifier.emails.kind is
    'What it is about: presumed at expansion, decided at the claim; for a row of several in one mail, what that part is about.';
comment on column notifier.emails.topic is 'Generated from kind: what mails are ordered and folded by.';
comment on column notifier.emails.status is 'Where it stands.';
comment on column notifier.emails.urgent is 'Whether it is claimed before all that is not, however long that has waited.';
comment on column notifier.emails.attempts is 'Claims so far, those given back not counted.';
comment on column notifier.emails.available_at is 'Not to be claimed earlier.';
comment on column notifier.emails.postponed_for is
    'What it was last put off for by the recipient''s wish, until available_at: quiet_hours or digest; null: nothing.';
comment on column notifier.emails.turn_scope is
    'Under which of notifier.send_limits it has its turn, at available_at: domain, or all; null until it had to wait for one, and once it is begun.';
comment on column notifier.emails.claim_id is 'The claim that holds or last held it; a worker acts on rows of its own claim only.';
comment on column notifier.emails.claimed_by is 'Name of the worker that holds or last held it.';
comment on column notifier.emails.lease_until is
    'Until when it is held; afterwards others may take over. Null for carried rows.';
comment on column notifier.emails.carried_by is
    'The row in whose mail this one goes out, and whose status it shares; null: in its own.';
comment on column notifier.emails.parcel_id is
    'The request in which it was handed over with others, and which is repeated as a whole while it is in doubt; null: it was handed over by itself.';
comment on column notifier.emails.told_from is 'First event it tells of, set by the claim: what was known before it is that event''s old state.';
comment on column notifier.emails.told_through is 'Last event it tells of, set by the claim: what it says is that event''s new state.';
comment on column notifier.emails.in_doubt_at is 'When an attempt of unknown outcome was noticed; from then on the mail is only sent again as it was.';
comment on column notifier.emails.sent_at is 'When its acceptance was recorded.';
comment on column notifier.emails.transport is 'The transport that it was handed to last; of one that was sent: that accepted it.';
comment on column notifier.emails.skip_reason is 'Why it was not sent.';
comment on column notifier.emails.last_error is 'What the last failed attempt met, without addresses.';
comment on column notifier.emails.created_at is 'When it was queued.';

alter table notifier.emails enable row level security;

-- The claim's order, the urgent by itself. Holds what waits, nothing else.
create index emails_waiting_idx on notifier.emails (urgent, available_at, event_id)
where status in ('queued', 'in_doubt') and carried_by is null;
-- What workers hold; a mail whose lease has run out is taken over.
create index emails_held_idx on notifier.emails (lease_until)
where status in ('claimed', 'sending') and carried_by is null;
-- What one transaction made for one person, which may go out as one mail.
create index emails_bundle_idx on notifier.emails (transaction_id, recipient_id, event_id)
where status = 'queued' and transaction_id is not null;
-- What was given up, for operators to look at: empty most of the time.
create index emails_dead_idx on notifier.emails (created_at) where status = 'dead' and carried_by is null;
-- What was handed over in one request and is not settled yet.
create index emails_parcel_idx on notifier.emails (parcel_id)
where status in ('claimed', 'sending', 'in_doubt') and parcel_id is not null;
create index emails_carried_by_idx on notifier.emails (carried_by) where carried_by is not null;
-- Unfinished mails of one person, session and topic: order and folding.
create index emails_unfinished_idx on notifier.emails (session_id, recipient_id, topic, event_id)
where status in ('queued', 'claimed', 'sending', 'in_doubt');
-- The settled mails of a person, in all or about one session; those that are not settled are in the index above. A row
-- is written four times until it is settled, and this index only once.
create index emails_settled_idx on notifier.emails (recipient_id, session_id)
where status in ('sent', 'skipped', 'dead');
-- Mails that told of a later event than their own, because it had already happened when they went out. They are rare;
-- by them the claim knows that the later event has been told.
create index emails_told_ahead_idx on notifier.emails (session_id, recipient_id, topic, told_through)
where told_through > event_id;
