-- In a database that sorts in Turkish the lower case of I is ı: of an address it is i all the same.
create function private.lower_address(address text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return lower(translate(btrim(address), 'I', 'i'));
end
$$;
comment on function private.lower_address(text) is
    'A mail address, or the domain of one, in lower case and without blanks around it; null for null.';
revoke execute on function private.lower_address(text) from public;
