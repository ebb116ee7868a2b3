create function private.finish_csv(lines text)
returns public."text/csv"
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(lines, '')::public."text/csv";
end
$$;
comment on function private.finish_csv(text) is 'The CSV file; empty, without names, where there was no row.';
revoke execute on function private.finish_csv(text) from public;
