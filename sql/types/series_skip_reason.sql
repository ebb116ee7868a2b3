-- Why a series has no session on one of its dates.
create type public.series_skip_reason as enum (
    'blackout', -- the day is one of blackout_dates
    'clash', -- the mentor or the meeting account was not free, and such dates were to be skipped
    'failed' -- the clock could not make it, and tries again at session_series.retry_at
);
comment on type public.series_skip_reason is 'Why a series has no session on one of its dates.';
