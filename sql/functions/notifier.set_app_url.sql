-- The address is configured once, for the notifier. It says it here, for what the database links by itself.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.set_app_url(app_url text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.app_settings as settings
    set app_url = set_app_url.app_url
    where settings.app_url is distinct from set_app_url.app_url;
end
$$;
comment on function notifier.set_app_url(text) is
    'Keeps the web application''s address, without a trailing slash, in app_settings; writes only if it is new. Errors: 22023 no http(s) address.';
revoke execute on function notifier.set_app_url(text) from public;
grant execute on function notifier.set_app_url(text) to notifier;
