create function private.refuse_simultaneous_writers()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT409',
        message = 'somebody else is changing the same plans at this moment',
        hint = 'Nothing was written. Send it again.';
end
$$;
comment on function private.refuse_simultaneous_writers() is
    'Raises PT409: two writers would have waited for each other forever, and this one gives way.';
revoke execute on function private.refuse_simultaneous_writers() from public;
