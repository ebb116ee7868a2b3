create function notifier.check_max_rows(max_rows integer)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if max_rows < 0 then
        raise exception using
            errcode = '22023',
            message = 'max_rows must not be negative',
            hint = 'Send how many to list at most; null lists all.';
    end if;
end
$$;
comment on function notifier.check_max_rows(integer) is
    'Refuses with 22023 a negative number of rows to list; null is for all.';
revoke execute on function notifier.check_max_rows(integer) from public;
