-- The foreign keys to private.time_zones hold this rule; this says it in words, and before an absurdly long name can
-- break an index. Null passes: whether it is allowed is for the caller to say.
create function private.check_timezone(timezone text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if timezone is not null
        and not exists (select from private.time_zones as zone where zone.name = check_timezone.timezone)
    then
        raise exception using
            errcode = '22023',
            message = format('timezone %s is not an IANA time zone', quote_literal(left(timezone, 60))),
            hint = 'Send a name such as Europe/Berlin, Asia/Kolkata or UTC.';
    end if;
end
$$;
comment on function private.check_timezone(text) is
    'Refuses with 22023 what is no IANA time zone that this server knows, naming the remedy; null passes.';
revoke execute on function private.check_timezone(text) from public;
