create function private.next_monday(as_of timestamptz, timezone text)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select (day.monday + time '07:00') at time zone timezone
        from (
            select date_trunc('week', as_of at time zone timezone - interval '7 hours')::date + 7 as monday
        ) as day
    );
end
$$;
comment on function private.next_monday(timestamptz, text) is
    'The next Monday after as_of, at 07:00 by the clock of a zone: when the weekly summary is due.';
revoke execute on function private.next_monday(timestamptz, text) from public;
