-- 244 random bits from a cryptographically strong source.
create function private.new_webhook_secret()
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return 'whsec_' || encode(
        decode(replace(concat(gen_random_uuid(), gen_random_uuid()), '-', ''), 'hex'), 'base64'
    );
end
$$;
comment on function private.new_webhook_secret() is 'A new secret to sign webhooks with: whsec_ and 32 bytes in base64.';
revoke execute on function private.new_webhook_secret() from public;
