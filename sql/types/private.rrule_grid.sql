-- Where to look for the dates of a rule. Its periods (a year of a YEARLY rule, a week of a WEEKLY one) are numbered
-- from 0, the one the start lies in. A period has one frame or several (the months of a year), and a date is an entry
-- of a frame: its nth day, or its nth Tuesday, counted from the end where negative.
create type private.rrule_grid as (
    start_date date,
    first_frame date, -- where period 0 begins
    period_months integer, -- from one period to the next; or …
    period_days integer, -- … where periods are counted in days
    frame_months integer,
    frame_days integer,
    month_offsets integer [], -- the frames of a period, in months from its beginning
    weekdays integer [], -- beside entries: which weekday is counted; null or missing: days are
    entries integer [],
    not_before date, -- earlier days do not count for BYSETPOS either
    by_month integer [],
    by_month_day integer [],
    every_days integer, -- keep days that are a multiple of this away from the start
    by_set_pos integer [],
    repeats_after integer -- so many periods are 400 years, or a multiple: what has not matched then never will
);
comment on type private.rrule_grid is 'A recurrence rule and its first day, made ready for private.rrule_days to search.';
