-- Security definer: it is the API; Vault is closed to users.
create function public.create_webhook_endpoint(url text, event_types text[], description text default null)
returns public.webhook_secret
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_created public.webhook_secret;
begin
    if not private.is_settings_admin() then
        raise exception using
            errcode = '42501',
            message = 'only admins may create webhook endpoints',
            hint = 'Ask an admin.';
    end if;
    if url is null or event_types is null then
        raise exception using
            errcode = '22023',
            message = format('%s must not be null', case when url is null then 'url' else 'event_types' end),
            hint = 'Send where to, such as https://hooks.example.com/x, and of what, such as ["session.changed"].';
    end if;
    insert into public.webhook_endpoints (url, event_types, description)
    values (
        create_webhook_endpoint.url, create_webhook_endpoint.event_types, create_webhook_endpoint.description
    )
    returning id into v_created.endpoint_id;
    v_created.secret := private.new_webhook_secret();
    perform vault.create_secret(
        v_created.secret, private.webhook_secret_name(v_created.endpoint_id), 'Signs webhooks of Live Sessions'
    );
    return v_created;
end
$$;
comment on function public.create_webhook_endpoint(text, text[], text) is
    'Tell another system of changes: answers the new endpoint and the secret that its requests are signed with (Standard Webhooks), shown this once. For admins. Errors: 22023 url, event_types or description; 42501.';
revoke execute on function public.create_webhook_endpoint(text, text[], text)
from public, anon, authenticated, service_role;
grant execute on function public.create_webhook_endpoint(text, text[], text) to authenticated;
