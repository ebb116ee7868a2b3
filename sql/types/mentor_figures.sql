-- One mentor in one period of mentor_performance. Rates as in attendance_figures.
create type public.mentor_figures as (
    mentor_id uuid,
    mentor_name text,
    period_start date,
    period_end date,
    sessions bigint, -- hosted and completed
    minutes_hosted bigint, -- scheduled length of these
    cancelled_sessions bigint,
    cancellation_rate numeric, -- cancelled_sessions ÷ (sessions + cancelled_sessions)
    joined_in_time bigint, -- sessions that the mentor joined at the start or before
    joined_late bigint, -- … after the start
    not_seen bigint, -- … not through the platform or ours
    punctuality_rate numeric, -- joined_in_time ÷ (joined_in_time + joined_late)
    mean_minutes_late numeric, -- of those joined late; one decimal
    taken_over bigint, -- sessions hosted that another mentor had first
    handed_over bigint, -- completed sessions that this mentor had first and another hosted, or nobody
    expected bigint,
    attended bigint,
    attendance_rate numeric, -- attended ÷ expected
    previous_attendance_rate numeric, -- of the period before
    attendance_rate_change numeric,
    registered bigint, -- seats taken in sessions with a capacity
    seats bigint,
    fill_rate numeric, -- registered ÷ seats
    ratings bigint,
    mean_rating numeric -- two decimals; null for mentors where there are fewer than three
);
comment on type public.mentor_figures is
    'Figures of one mentor in one period. Rates are shares from 0 to 1, null where there is nothing to divide by.';
