create function private.next_utc_day(moment timestamptz)
returns timestamptz
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (date_trunc('day', moment at time zone 'UTC') + interval '1 day') at time zone 'UTC';
end
$$;
comment on function private.next_utc_day(timestamptz) is 'The next 00:00 UTC after a moment.';
revoke execute on function private.next_utc_day(timestamptz) from public;
