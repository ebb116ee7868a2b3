-- One session of session_effectiveness. Rates as in attendance_figures.
create type public.session_figures as (
    session_id uuid,
    title text,
    session_type public.session_type,
    course_id uuid,
    batch_id uuid,
    mentor_id uuid,
    mentor_name text,
    start_time timestamptz,
    local_start timestamp, -- in the report's time zone
    scheduled_minutes integer,
    expected bigint, -- attended + absent
    attended bigint, -- present + late + partial
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric, -- attended ÷ expected
    usual_attendance_rate numeric, -- of all sessions of this kind and course in the report
    attendance_rate_difference numeric, -- attendance_rate - usual_attendance_rate
    late_rate numeric, -- late ÷ attended
    no_shows bigint, -- absent, where a seat was needed
    mean_minutes numeric, -- present, of those whose presence was measured; one decimal
    minutes_p10 integer, -- as in attendance_figures
    minutes_p50 integer,
    minutes_p90 integer,
    stay_rate numeric, -- mean minutes present ÷ scheduled_minutes
    registered bigint, -- seats taken
    seats bigint, -- null: no capacity
    fill_rate numeric, -- registered ÷ seats
    host_joined_at timestamptz, -- null: not seen
    host_minutes_late numeric, -- after start_time, one decimal, 0 when in time; null: not seen
    is_handed_over boolean, -- whether another mentor had it first
    ratings bigint,
    mean_rating numeric -- two decimals; null for mentors where there are fewer than three
);
comment on type public.session_figures is
    'Figures of one completed session. Rates are shares from 0 to 1, null where there is nothing to divide by.';
