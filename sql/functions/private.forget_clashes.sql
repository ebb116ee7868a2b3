create function private.forget_clashes(series_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.series_skips as skip
    set detail = 'the mentor before, or the meeting account, was not free'
    where skip.series_id = forget_clashes.series_id and skip.reason = 'clash';
end
$$;
comment on function private.forget_clashes(uuid) is
    'Takes out of series_skips what kept a mentor who does not have the series any more.';
revoke execute on function private.forget_clashes(uuid) from public;
