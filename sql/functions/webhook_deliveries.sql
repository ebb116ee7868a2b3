-- Security definer: it is the API; the outbox is closed to users.
create function public.webhook_deliveries(endpoint_id uuid, max_rows integer default 100)
returns setof public.webhook_delivery
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.is_owner_login() and not private.is_settings_admin() then
        raise exception using
            errcode = '42501', message = 'only admins may see webhook deliveries', hint = 'Ask an admin.';
    end if;
    return query
    select
        delivery.id,
        delivery.event_type,
        delivery.status,
        delivery.attempts,
        delivery.created_at,
        delivery.available_at,
        delivery.sent_at,
        delivery.response_status,
        delivery.last_error
    from notifier.webhook_deliveries as delivery
    where delivery.endpoint_id = webhook_deliveries.endpoint_id
    order by delivery.created_at desc, delivery.id
    limit least(greatest(max_rows, 0), 1000);
end
$$;
comment on function public.webhook_deliveries(uuid, integer) is
    'What an endpoint was told, newest first, at most max_rows (up to 1000), and how it went. For admins and the database''s owner; 42501 for others; nothing for an unknown endpoint.';
revoke execute on function public.webhook_deliveries(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.webhook_deliveries(uuid, integer) to authenticated;
