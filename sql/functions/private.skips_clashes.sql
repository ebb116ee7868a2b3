create function private.skips_clashes(given jsonb)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_on_clash constant text := given ->> 'on_clash';
begin
    if v_on_clash not in ('refuse', 'skip') then
        raise exception using
            errcode = '22023',
            message = format('on_clash must be refuse or skip, not %s', quote_literal(left(v_on_clash, 60))),
            hint = 'Leave it out to be told of every clash, or send skip to leave out the dates that clash.';
    end if;
    return coalesce(v_on_clash, 'refuse') = 'skip';
end
$$;
comment on function private.skips_clashes(jsonb) is
    'Whether the key on_clash (refuse, which is meant when it is missing, or skip) says that dates that clash are to be left out; 22023 for anything else.';
revoke execute on function private.skips_clashes(jsonb) from public;
