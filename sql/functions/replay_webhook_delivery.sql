-- Security definer: it is the API; the outbox is closed to users.
create function public.replay_webhook_delivery(delivery_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.is_settings_admin() then
        raise exception using
            errcode = '42501', message = 'only admins may repeat webhook deliveries', hint = 'Ask an admin.';
    end if;
    if exists (
        select from notifier.webhook_deliveries as delivery
        inner join public.webhook_endpoints as endpoint on delivery.endpoint_id = endpoint.id
        where delivery.id = replay_webhook_delivery.delivery_id and not endpoint.is_active
    ) then
        raise exception using
            errcode = 'PT409',
            message = 'the endpoint of this delivery is switched off',
            hint = 'Set is_active of its webhook_endpoints row to true first.';
    end if;
    update notifier.webhook_deliveries as delivery
    set status = 'queued', attempts = 0, available_at = clock_timestamp(), sent_at = null
    where delivery.id = replay_webhook_delivery.delivery_id and delivery.status in ('sent', 'dead');
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('delivery_id %s is unknown, or under way', coalesce(delivery_id::text, 'null')),
            hint = 'webhook_deliveries lists them; those that are queued or claimed are sent anyway.';
    end if;
    perform pg_notify('notifier', '');
end
$$;
comment on function public.replay_webhook_delivery(uuid) is
    'Send a webhook again that was sent or given up, under the same webhook-id. For admins. Errors: 42501; PT404 unknown, or under way; PT409 the endpoint is switched off.';
revoke execute on function public.replay_webhook_delivery(uuid) from public, anon, authenticated, service_role;
grant execute on function public.replay_webhook_delivery(uuid) to authenticated;
