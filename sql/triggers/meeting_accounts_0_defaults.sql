-- Security definer: the writer need not be able to read platforms.
create function private.set_meeting_account_defaults()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    new.max_concurrent_meetings := coalesce(
        new.max_concurrent_meetings,
        (
            select platform.max_concurrent_meetings
            from public.meeting_platforms as platform
            where platform.id = new.platform
        )
    );
    return new;
end
$$;
comment on function private.set_meeting_account_defaults() is 'A new account hosts as many meetings at once as its platform lets it.';
revoke execute on function private.set_meeting_account_defaults() from public;

create trigger meeting_accounts_0_defaults before insert on public.meeting_accounts
for each row execute function private.set_meeting_account_defaults();
