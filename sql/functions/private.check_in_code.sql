-- A time-based one-time password (RFC 6238 over RFC 4226, with SHA-256): six digits of the digest of the period.
create function private.check_in_code(key bytea, period bigint)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_digest bytea := extensions.hmac(int8send(period), key, 'sha256');
    v_offset integer := get_byte(v_digest, 31) & 15;
    v_number bigint := ((get_byte(v_digest, v_offset) & 127)::bigint << 24)
        | (get_byte(v_digest, v_offset + 1) << 16)
        | (get_byte(v_digest, v_offset + 2) << 8)
        | get_byte(v_digest, v_offset + 3);
begin
    return lpad((v_number % 1000000)::text, 6, '0');
end
$$;
comment on function private.check_in_code(bytea, bigint) is 'The six digits of a session''s key in a period of time.';
revoke execute on function private.check_in_code(bytea, bigint) from public;
