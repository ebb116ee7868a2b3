-- What a worker needs to send one webhook; the answer of notifier.claim_webhooks.
create type notifier.claimed_webhook as (
    delivery_id uuid,
    claim_id uuid,
    endpoint_id uuid,
    url text,
    event_type text,
    body text, -- signed and sent byte by byte as it is
    secrets text [], -- sign with each; the second only for a while after a rotation
    attempt integer
);
comment on type notifier.claimed_webhook is 'All that a worker needs to send one webhook.';
