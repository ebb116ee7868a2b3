-- What frontends make a link of. Browsers follow no address whose port is none; an empty one is that of the scheme
-- (RFC 3986, section 3.2.3).
create function private.is_web_address(address text)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_port text := substring(address from '^[^/]+//[^/?#]*:([^]@/?#]*)([/?#]|$)');
begin
    return address ~* '^https?://[^\s/?#]+\S*$'
        and (coalesce(v_port, '') = '' or v_port ~ '^[0-9]{1,5}$' and v_port::integer between 1 and 65535);
end
$$;
comment on function private.is_web_address(text) is
    'Whether it is an http(s) address without spaces, whose port, if it names one, is from 1 to 65535; null for null.';
revoke execute on function private.is_web_address(text) from public;
grant execute on function private.is_web_address(text) to authenticated, service_role;
