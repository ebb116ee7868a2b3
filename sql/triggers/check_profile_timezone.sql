-- The foreign key holds this rule; this says it in words, and before an absurdly long name can break the index on it.
-- Security definer: the writer need not be able to read zones.
create function private.check_profile_timezone()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.timezone is not null
        and not exists (select from private.time_zones as zone where zone.name = new.timezone)
    then
        raise exception using
            errcode = '22023',
            message = format('timezone %s is not an IANA time zone', quote_literal(left(new.timezone, 60))),
            hint = 'Send a name such as Europe/Berlin, Asia/Kolkata or UTC.';
    end if;
    return new;
end
$$;
comment on function private.check_profile_timezone() is
    'Refuses an unknown zone with 22023, naming the field and the remedy.';
revoke execute on function private.check_profile_timezone() from public;

create trigger check_profile_timezone before insert or update of timezone on public.profiles
for each row execute function private.check_profile_timezone();
