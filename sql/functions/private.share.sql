-- What every report means by a rate.
create function private.share(part numeric, whole numeric)
returns numeric
language sql
immutable
set search_path = pg_catalog, pg_temp
return round(part / nullif(whole, 0), 4);
comment on function private.share(numeric, numeric) is 'A share of a whole in four decimals; null of nothing.';
revoke execute on function private.share(numeric, numeric) from public;
