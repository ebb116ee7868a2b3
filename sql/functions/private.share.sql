-- What every report means by a rate. In PL/pgSQL, which works it out without a query for each line of the report.
create function private.share(part numeric, whole numeric)
returns numeric
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return round(part / nullif(whole, 0), 4);
end
$$;
comment on function private.share(numeric, numeric) is 'A share of a whole in four decimals; null of nothing.';
revoke execute on function private.share(numeric, numeric) from public;
