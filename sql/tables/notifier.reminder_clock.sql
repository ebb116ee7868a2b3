-- How far reminders have got. A reminder is due so many minutes before the start, and sessions come due in the order of
-- their starts. So one mark for each number of minutes is enough: the start up to which reminders are written. Sessions
-- store nothing of their own, and nothing is recomputed when one moves. A session whose start the mark has passed is
-- reminded again only if it moves to a start that the mark has not reached yet.
create table notifier.reminder_clock (
    minutes integer not null,
    by_people boolean not null default false,
    reached timestamptz,
    constraint reminder_clock_pkey primary key (minutes)
);
comment on table notifier.reminder_clock is
    'One row for each number of minutes of private.reminder_choices(): up to which start sessions were reminded of that long before.';
comment on column notifier.reminder_clock.minutes is 'Minutes before the start.';
comment on column notifier.reminder_clock.by_people is 'Whether some person ever had them as their own.';
comment on column notifier.reminder_clock.reached is
    'Sessions that start until then are dealt with; null: nobody has ever chosen to be reminded so long before.';

alter table notifier.reminder_clock enable row level security;

insert into notifier.reminder_clock (minutes, reached)
select
    choice,
    case when choice = any(settings.reminder_minutes) then clock_timestamp() + make_interval(mins => choice) end
from unnest(private.reminder_choices()) as choice
cross join public.app_settings as settings;
