-- Zoom's links carry the passcode, encoded, in the parameter pwd. The rest of the link is no secret.
create function private.without_link_secret(link text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return regexp_replace(
        regexp_replace(
            regexp_replace(link, '([?&#])pwd=[^&#]*', '\1', 'gi'),
            '([?&#])&+', '\1', 'g'
        ),
        '[?&#]+(#|$)', '\1', 'g'
    );
end
$$;
comment on function private.without_link_secret(text) is 'The link without its pwd= parameter.';
revoke execute on function private.without_link_secret(text) from public;
