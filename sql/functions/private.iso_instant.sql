create function private.iso_instant(value text)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- The offset is required: without one the connection's time zone would decide. The time of day is checked here:
    -- Postgres takes 250000 for 01:00 of the day after.
    if value ~* concat(
        '^[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ]',
        '([01][0-9]|2[0-3]):?[0-5][0-9](:?[0-5][0-9]([.][0-9]+)?)?',
        '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'
    ) then
        return value::timestamptz;
    end if;
    return null;
exception
    when data_exception then
        return null;
end
$$;
comment on function private.iso_instant(text) is
    'An instant in ISO 8601 with Z or an offset, such as 2026-12-31T18:00:00Z; null for anything else, impossible times included.';
revoke execute on function private.iso_instant(text) from public;
