-- HMAC (RFC 2104) of SHA-256, of which a block has 64 bytes. Written out, so that no extension is needed.
create function private.hmac_sha256(key bytea, message bytea)
returns bytea
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key bytea := case when length(key) > 64 then sha256(key) else key end;
    v_inner bytea := decode(repeat('36', 64), 'hex');
    v_outer bytea := decode(repeat('5c', 64), 'hex');
begin
    for v_at in 0..length(v_key) - 1 loop
        v_inner := set_byte(v_inner, v_at, get_byte(v_inner, v_at) # get_byte(v_key, v_at));
        v_outer := set_byte(v_outer, v_at, get_byte(v_outer, v_at) # get_byte(v_key, v_at));
    end loop;
    return sha256(v_outer || sha256(v_inner || message));
end
$$;
comment on function private.hmac_sha256(bytea, bytea) is
    'HMAC-SHA256 (RFC 2104) of a message under a key: 32 bytes; null for null.';
revoke execute on function private.hmac_sha256(bytea, bytea) from public;
