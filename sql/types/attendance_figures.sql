-- One period of attendance_report. Rates are shares from 0 to 1 in four decimals, null where there is nothing to divide
-- by.
create type public.attendance_figures as (
    period_start date, -- first day
    period_end date, -- last day
    sessions bigint, -- completed
    cancelled_sessions bigint,
    expected bigint, -- attended + absent; the excused are not expected
    attended bigint, -- present + late + partial
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric, -- attended ÷ expected
    previous_attendance_rate numeric, -- of the period before
    attendance_rate_change numeric, -- attendance_rate - previous_attendance_rate
    late_rate numeric, -- late ÷ attended
    no_shows bigint, -- absent from sessions that need a registration
    no_show_rate numeric, -- no_shows ÷ expected in sessions that need a registration
    mean_minutes numeric, -- present, of those whose presence was measured; one decimal
    minutes_p10 integer, -- a tenth of them stayed no longer than this …
    minutes_p50 integer, -- … half of them …
    minutes_p90 integer, -- … nine tenths; each rounded up to 5 minutes (to an hour), then 75, 90, 120, 180, 240, 1440
    registered bigint, -- seats taken in sessions with a capacity
    seats bigint, -- capacity of these
    fill_rate numeric, -- registered ÷ seats
    ratings bigint,
    mean_rating numeric -- two decimals; null for mentors where there are fewer than three
);
comment on type public.attendance_figures is
    'Figures of one period over the sessions that began in it. Rates are shares from 0 to 1, null where there is nothing to divide by.';
