-- Queues a webhook for every endpoint that wants to hear of it. Doing it twice adds nothing (unique key).
create function notifier.queue_webhooks(
    event_type text,
    source text,
    data jsonb,
    happened_at timestamptz,
    send_at timestamptz default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into notifier.webhook_deliveries (endpoint_id, event_type, source, payload, available_at)
    select
        endpoint.id,
        queue_webhooks.event_type,
        queue_webhooks.source,
        jsonb_build_object(
            'type', queue_webhooks.event_type,
            'timestamp', to_char(happened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'data', jsonb_strip_nulls(queue_webhooks.data)
        ),
        greatest(clock_timestamp(), send_at)
    from public.webhook_endpoints as endpoint
    where endpoint.is_active and queue_webhooks.event_type = any(endpoint.event_types)
    order by endpoint.id
    on conflict do nothing;
end
$$;
comment on function notifier.queue_webhooks(text, text, jsonb, timestamptz, timestamptz) is
    'Queues a webhook for each active endpoint with this event type, not to be sent before send_at (null: at once).';
revoke execute on function notifier.queue_webhooks(text, text, jsonb, timestamptz, timestamptz) from public;
