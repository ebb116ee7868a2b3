-- The old secret goes on signing beside the new one for a day, so that receivers change theirs when it suits them.
-- Security definer: it is the API; Vault is closed to users.
create function public.rotate_webhook_secret(endpoint_id uuid)
returns public.webhook_secret
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rotated public.webhook_secret;
    v_current record;
begin
    if not private.is_settings_admin() then
        raise exception using
            errcode = '42501', message = 'only admins may change webhook endpoints', hint = 'Ask an admin.';
    end if;
    update public.webhook_endpoints as endpoint
    set previous_secret_until = clock_timestamp() + interval '24 hours'
    where endpoint.id = rotate_webhook_secret.endpoint_id
    returning endpoint.id into v_rotated.endpoint_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('endpoint_id %s is unknown', coalesce(endpoint_id::text, 'null')),
            hint = 'webhook_endpoints lists them.';
    end if;
    select secret.id, secret.decrypted_secret into v_current
    from vault.decrypted_secrets as secret
    where secret.name = private.webhook_secret_name(v_rotated.endpoint_id);
    delete from vault.secrets as secret
    where secret.name = private.webhook_secret_name(v_rotated.endpoint_id, true);
    v_rotated.secret := private.new_webhook_secret();
    if v_current.id is null then
        -- Forgotten, because Vault could not decrypt it after a restore: docs/operations.md.
        perform vault.create_secret(
            v_rotated.secret,
            private.webhook_secret_name(v_rotated.endpoint_id),
            'Signs webhooks of Live Sessions'
        );
        return v_rotated;
    end if;
    perform vault.create_secret(
        v_current.decrypted_secret,
        private.webhook_secret_name(v_rotated.endpoint_id, true),
        'Signed webhooks of Live Sessions until it was rotated'
    );
    perform vault.update_secret(v_current.id, v_rotated.secret);
    return v_rotated;
end
$$;
comment on function public.rotate_webhook_secret(uuid) is
    'Sign the requests of an endpoint with a new secret, which is answered this once; for 24 hours they carry a signature by the old one too. For admins. Errors: 42501; PT404 unknown endpoint.';
revoke execute on function public.rotate_webhook_secret(uuid) from public, anon, authenticated, service_role;
grant execute on function public.rotate_webhook_secret(uuid) to authenticated;
