-- The clock of the weekly summary starts when somebody asks for it. Security definer: the writer need not be able to
-- call what reckons it.
create function private.set_preference_due()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    new.due_at := case
        when new.kind = 'weekly_summary' and new.enabled then private.next_monday(
            clock_timestamp(),
            (select profile.timezone from public.profiles as profile where profile.id = new.user_id)
        )
    end;
    return new;
end
$$;
comment on function private.set_preference_due() is 'Sets when the next weekly summary of somebody who asks for it is due.';
revoke execute on function private.set_preference_due() from public;

create trigger notification_preferences_due before insert or update of kind, enabled on public.notification_preferences
for each row execute function private.set_preference_due();
