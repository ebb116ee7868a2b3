-- One student in one period of student_participation. Rates as in attendance_figures.
create type public.participation_figures as (
    student_id uuid,
    full_name text,
    period_start date,
    period_end date,
    sessions bigint, -- completed ones with a record of the student
    expected bigint, -- attended + absent
    attended bigint, -- present + late + partial
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric, -- attended ÷ expected
    previous_attendance_rate numeric, -- of the period before
    attendance_rate_change numeric,
    late_rate numeric, -- late ÷ attended
    no_shows bigint, -- absent from sessions that need a registration
    minutes_present bigint, -- in all
    mean_minutes numeric, -- of the sessions in which presence was measured; one decimal
    stay_rate numeric, -- minutes present ÷ minutes scheduled, of these
    last_attended_at timestamptz -- begin of the last session attended in the period
);
comment on type public.participation_figures is
    'Figures of one student in one period. Rates are shares from 0 to 1, null where there is nothing to divide by.';
