-- Instants in error details and mails: ISO 8601 in UTC, whatever the connection's TimeZone and DateStyle.
create function private.utc_text(instant timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
end
$$;
comment on function private.utc_text(timestamptz) is 'An instant as ISO 8601 in UTC, to the second.';
revoke execute on function private.utc_text(timestamptz) from public;
