-- Addresses that no mail is sent to: they bounced for good, their owner complained, or an operator said so. Writing to
-- them all the same costs the sender's reputation, and so everybody's mail.
--
-- No address is stored, only its SHA-256: enough to find out whether an address at hand is here, and what a copy of the
-- table gives away is no list of people. It is no secret either: who has an address can compute it.
create table notifier.suppressions (
    address_hash bytea not null,
    reason text not null,
    strikes integer not null default 0,
    last_strike_at timestamptz,
    suppressed_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint suppressions_pkey primary key (address_hash),
    constraint suppressions_address_hash_sha256 check (octet_length(address_hash) = 32),
    constraint suppressions_reason_known check (
        reason in (
            'bounced', -- the recipient's server refused it for good, the provider says
            'complained', -- the recipient called it spam
            'refused', -- our mail server answered several times that there is no such mailbox
            'operator' -- somebody said so
        )
    ),
    constraint suppressions_strikes_not_negative check (strikes >= 0),
    constraint suppressions_strikes_are_dated check ((strikes = 0) = (last_strike_at is null)),
    constraint suppressions_known_for_something check (suppressed_at is not null or strikes > 0)
);
comment on table notifier.suppressions is
    'Addresses, by their hash, that no mail is sent to, and those on their way there. Every claim looks here.';
comment on column notifier.suppressions.address_hash is 'notifier.address_hash of the address.';
comment on column notifier.suppressions.reason is 'bounced, complained, refused or operator.';
comment on column notifier.suppressions.strikes is
    'How many mails in a row, each within 90 days of the one before, were answered with "no such mailbox".';
comment on column notifier.suppressions.last_strike_at is 'When the last of these was; null without any.';
comment on column notifier.suppressions.suppressed_at is 'Since when nothing is sent to it; null: there are strikes, not yet enough.';
comment on column notifier.suppressions.created_at is 'When it was first heard of.';

alter table notifier.suppressions enable row level security;
