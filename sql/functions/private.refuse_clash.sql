create function private.refuse_clash(message text, detail text, hint text, constraint_name text default '')
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(current_setting('request.method', true), '') <> '' then
        -- PostgREST's form of an error that brings its HTTP status along: for 23P01 it has none but 400.
        raise exception using
            errcode = 'PGRST',
            message = json_build_object('code', '23P01', 'message', message, 'details', detail, 'hint', hint),
            detail = '{"status": 409, "headers": {}}';
    end if;
    raise exception using
        errcode = '23P01',
        message = message,
        detail = coalesce(detail, ''),
        hint = hint,
        constraint = constraint_name;
end
$$;
comment on function private.refuse_clash(text, text, text, text) is
    'Raises 23P01, through PostgREST as HTTP 409. detail names the clash: null for those who may not know it.';
revoke execute on function private.refuse_clash(text, text, text, text) from public;
