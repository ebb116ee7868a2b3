-- One student in one period of student_participation. Rates as in attendance_figures.
create type public.participation_figures as (
    student_id uuid,
    full_name text,
    period_start date,
    period_end date,
    sessions bigint,
    expected bigint,
    attended bigint,
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric,
    previous_attendance_rate numeric,
    attendance_rate_change numeric,
    late_rate numeric,
    no_shows bigint,
    minutes_present bigint,
    mean_minutes numeric,
    stay_rate numeric,
    last_attended_at timestamptz
);
comment on type public.participation_figures is
    'Figures of one student in one period. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.participation_figures.student_id is 'The student.';
comment on column public.participation_figures.full_name is 'The student''s name.';
comment on column public.participation_figures.period_start is 'First day of the row.';
comment on column public.participation_figures.period_end is 'Last day of the row.';
comment on column public.participation_figures.sessions is 'Completed sessions with a record of the student.';
comment on column public.participation_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.participation_figures.attended is 'present + late + partial.';
comment on column public.participation_figures.present is 'Sessions in which the student was marked present.';
comment on column public.participation_figures.late is 'Sessions in which the student was marked late.';
comment on column public.participation_figures.partial is 'Sessions in which the student was marked partial.';
comment on column public.participation_figures.absent is 'Sessions in which the student was marked absent.';
comment on column public.participation_figures.excused is 'Sessions in which the student was marked excused.';
comment on column public.participation_figures.attendance_rate is 'attended / expected.';
comment on column public.participation_figures.previous_attendance_rate is 'attendance_rate of the period before.';
comment on column public.participation_figures.attendance_rate_change is
    'attendance_rate - previous_attendance_rate.';
comment on column public.participation_figures.late_rate is 'late / attended.';
comment on column public.participation_figures.no_shows is
    'Sessions that need a registration from which the student was absent.';
comment on column public.participation_figures.minutes_present is
    'Minutes present, in all sessions in which presence was measured (joined_at is known).';
comment on column public.participation_figures.mean_minutes is
    'minutes_present / sessions in which presence was measured; one decimal.';
comment on column public.participation_figures.stay_rate is
    'Minutes present / minutes scheduled, where presence was measured.';
comment on column public.participation_figures.last_attended_at is
    'Begin of the last session attended in the period; null: none.';
