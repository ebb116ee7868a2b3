-- How far reminders have got. Each is due a number of minutes before the start, and sessions pass that moment in the
-- order of their starts: one mark for each number is all that must be known, no session carries anything, and nothing
-- is to be recomputed when one moves. What has passed the mark is not reminded again, however often it moves there and
-- back.
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
