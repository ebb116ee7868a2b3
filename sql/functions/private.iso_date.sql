create function private.iso_date(value text)
returns date
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Postgres would also take 'today', '31/12/2026' and much more.
    if value ~ '^[0-9]{4}-?[0-9]{2}-?[0-9]{2}$' then
        return value::date;
    end if;
    return null;
exception
    when data_exception then
        return null;
end
$$;
comment on function private.iso_date(text) is 'A date in ISO 8601, 2026-12-31 or 20261231; null for anything else, impossible dates included.';
revoke execute on function private.iso_date(text) from public;
