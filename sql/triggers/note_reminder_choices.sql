-- What nobody has ever chosen is not watched for, and what is chosen today reminds of nothing that has passed already.
-- Writes a row of the clock the first time that somebody chooses it, and never again. Security definer: who chooses has
-- no business in the outbox.
create function private.note_reminder_choices()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_by_people boolean := tg_table_name = 'notification_preferences';
begin
    update notifier.reminder_clock as clock
    set
        by_people = clock.by_people or v_by_people,
        reached = coalesce(clock.reached, clock_timestamp() + make_interval(mins => clock.minutes))
    where
        clock.minutes = any(new.reminder_minutes)
        and (clock.reached is null or v_by_people and not clock.by_people);
    return null;
end
$$;
comment on function private.note_reminder_choices() is
    'Notes in notifier.reminder_clock that reminders so long before have been chosen.';
revoke execute on function private.note_reminder_choices() from public;

create trigger note_reminder_choices
after update of reminder_minutes on public.app_settings
for each row when (new.reminder_minutes <> '{}') execute function private.note_reminder_choices();

create trigger note_reminder_choices
after insert or update of reminder_minutes on public.success_sessions
for each row when (new.reminder_minutes <> '{}') execute function private.note_reminder_choices();

create trigger note_reminder_choices
after insert or update of reminder_minutes on public.notification_preferences
for each row when (new.reminder_minutes <> '{}') execute function private.note_reminder_choices();
