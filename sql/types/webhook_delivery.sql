create type public.webhook_delivery as (
    delivery_id uuid, -- the header webhook-id
    event_type text,
    status text, -- queued, claimed, sent or dead
    attempts integer,
    created_at timestamptz,
    available_at timestamptz, -- of a waiting one: when it is tried next
    sent_at timestamptz,
    response_status integer, -- of the last answer; null without one
    last_error text
);
comment on type public.webhook_delivery is 'One request to a webhook endpoint and how it went.';
