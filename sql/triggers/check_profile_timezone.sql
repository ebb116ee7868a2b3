-- Security definer: the writer need not be able to read zones.
create function private.check_profile_timezone()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.check_timezone(new.timezone);
    return new;
end
$$;
comment on function private.check_profile_timezone() is
    'Refuses an unknown zone with 22023, naming the field and the remedy.';
revoke execute on function private.check_profile_timezone() from public;

create trigger check_profile_timezone before insert or update of timezone on public.profiles
for each row execute function private.check_profile_timezone();
