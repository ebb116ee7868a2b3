-- One list of the steps in which private.session_statistics counts stays: five minutes up to an hour, then wider.
create function private.stay_bounds()
returns integer[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array[5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 75, 90, 120, 180, 240, 1440];
end
$$;
comment on function private.stay_bounds() is
    'The most minutes that each of the columns minutes_to_… of private.session_statistics counts, in their order.';
revoke execute on function private.stay_bounds() from public;
