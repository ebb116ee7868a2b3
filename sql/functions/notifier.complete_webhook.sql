-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.complete_webhook(claim uuid, delivery_id uuid, response_status integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update notifier.webhook_deliveries as delivery
    set
        status = 'sent',
        sent_at = clock_timestamp(),
        response_status = complete_webhook.response_status,
        last_error = null
    where
        delivery.id = complete_webhook.delivery_id
        and delivery.claim_id = claim
        and delivery.status = 'claimed';
    return found;
end
$$;
comment on function notifier.complete_webhook(uuid, uuid, integer) is
    'Records that a webhook of this claim was answered with 2xx; false when another claim has taken it over.';
revoke execute on function notifier.complete_webhook(uuid, uuid, integer) from public;
grant execute on function notifier.complete_webhook(uuid, uuid, integer) to notifier;
