-- Where a mail stands. queued, claimed, sending and in_doubt are unfinished; the others are final.
create type notifier.email_status as enum (
    'queued', -- waiting until available_at
    'claimed', -- held by a worker, nothing handed over yet
    'sending', -- handed over to a server that has not answered yet
    'in_doubt', -- handed over, answer unknown: waiting to be sent again as it was
    'sent', -- accepted by a server
    'skipped', -- not to be sent; skip_reason says why
    'dead' -- given up; last_error says why
);
comment on type notifier.email_status is 'Where a mail stands: queued, claimed, sending, in_doubt, then sent, skipped or dead for good.';
