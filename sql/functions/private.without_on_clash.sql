-- The key says what to do with the dates, not which they are.
create function private.without_on_clash(recurrence jsonb)
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when jsonb_typeof(recurrence) = 'object' then recurrence - 'on_clash' else recurrence end;
end
$$;
comment on function private.without_on_clash(jsonb) is 'A recurrence without its key on_clash, which private.skips_clashes reads.';
revoke execute on function private.without_on_clash(jsonb) from public;
