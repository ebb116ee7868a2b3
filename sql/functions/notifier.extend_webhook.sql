-- The heartbeat of a worker that waits for an endpoint's answer longer than its lease.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.extend_webhook(claim uuid, delivery_id uuid, lease interval)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update notifier.webhook_deliveries as delivery
    set available_at = clock_timestamp() + extend_webhook.lease
    where
        delivery.id = extend_webhook.delivery_id
        and delivery.claim_id = claim
        and delivery.status = 'claimed';
    return found;
end
$$;
comment on function notifier.extend_webhook(uuid, uuid, interval) is
    'Renews the lease of a webhook of this claim, from now; false when another claim has taken it over.';
revoke execute on function notifier.extend_webhook(uuid, uuid, interval) from public;
grant execute on function notifier.extend_webhook(uuid, uuid, interval) to notifier;
