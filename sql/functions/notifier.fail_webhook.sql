-- What becomes of a webhook that was not answered with 2xx. An endpoint that cannot be reached or is overloaded is left
-- alone with all that waits for it, so that it holds up nobody else; one that answers 410 wants no more (Standard
-- Webhooks). Rows that another worker has locked are passed over.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.fail_webhook(
    claim uuid,
    delivery_id uuid,
    response_status integer,
    error text,
    is_endpoint_down boolean,
    retry_after interval default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_delivery notifier.webhook_deliveries;
    v_delay interval;
    v_retry_at timestamptz;
begin
    select delivery.* into v_delivery
    from notifier.webhook_deliveries as delivery
    where
        delivery.id = fail_webhook.delivery_id
        and delivery.claim_id = claim
        and delivery.status = 'claimed'
    for update;
    if not found then
        return null;
    end if;
    if response_status = 410 then
        update public.webhook_endpoints as endpoint set is_active = false where endpoint.id = v_delivery.endpoint_id;
    else
        v_delay := notifier.retry_delay(v_delivery.attempts);
    end if;
    v_retry_at := clock_timestamp() + greatest(v_delay, retry_after);
    update notifier.webhook_deliveries as delivery
    set
        status = case when v_delay is null then 'dead' else 'queued' end,
        available_at = coalesce(v_retry_at, delivery.available_at),
        response_status = fail_webhook.response_status,
        last_error = left(error, 500)
    where delivery.id = v_delivery.id
    returning delivery.status into v_delivery.status;
    if is_endpoint_down and v_retry_at is not null then
        update notifier.webhook_deliveries as waiting
        set available_at = v_retry_at
        where waiting.id = any(
            array(
                select other.id
                from notifier.webhook_deliveries as other
                where
                    other.endpoint_id = v_delivery.endpoint_id
                    and other.status = 'queued'
                    and other.available_at < v_retry_at
                    and other.id <> v_delivery.id
                for update skip locked
            )
        );
    end if;
    return v_delivery.status;
end
$$;
comment on function notifier.fail_webhook(uuid, uuid, integer, text, boolean, interval) is
    'Records a failed attempt and returns the new status, queued or dead; null when the claim has lost it. is_endpoint_down: what else waits for the endpoint waits as long; retry_after: the least time to wait; 410 switches the endpoint off.';
revoke execute on function notifier.fail_webhook(uuid, uuid, integer, text, boolean, interval) from public;
grant execute on function notifier.fail_webhook(uuid, uuid, integer, text, boolean, interval) to notifier;
