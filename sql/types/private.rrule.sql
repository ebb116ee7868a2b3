-- A recurrence rule (RFC 5545, section 3.3.10) that private.parse_rrule found valid; a part that was not given is null.
create type private.rrule as (
    freq text, -- DAILY, WEEKLY, MONTHLY or YEARLY
    step integer, -- INTERVAL; 1 where it was not given
    count integer,
    until_date date, -- the last day, in the zone of the start; or …
    until_time timestamptz, -- … the last instant
    by_month integer [],
    by_month_day integer [], -- -1 is the last day
    by_weekday integer [], -- Monday is 0
    by_ordinal integer [], -- beside by_weekday: its number in the month or year, null for each
    by_set_pos integer [],
    week_start integer -- WKST; Monday, 0, where it was not given
);
comment on type private.rrule is 'A parsed, valid RFC 5545 recurrence rule.';
