-- One date of a recurrence: what preview_recurrence answers, one row each.
create type public.recurrence_date as (
    start_time timestamptz,
    local_start timestamp -- what the clock in the session's own zone shows at start_time
);
comment on type public.recurrence_date is
    'One date of a recurrence: the instant it starts, and the wall-clock time in the session''s own zone at that instant.';
