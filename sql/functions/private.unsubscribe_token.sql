create function private.unsubscribe_token(key bytea, user_id uuid, kind text)
returns text
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claim text := format('%s.%s', kind, replace(user_id::text, '-', ''));
begin
    return format(
        '%s.%s', v_claim, encode(extensions.hmac(convert_to('unsubscribe.' || v_claim, 'UTF8'), key, 'sha256'), 'hex')
    );
end
$$;
comment on function private.unsubscribe_token(bytea, uuid, text) is
    'What switches off one kind of mail for one user, and nothing else: kind, user and a signature (HMAC-SHA256), with dots in between.';
revoke execute on function private.unsubscribe_token(bytea, uuid, text) from public;
