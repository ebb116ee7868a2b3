-- One period of attendance_report. Rates are shares from 0 to 1 in four decimals, null where there is nothing to divide
-- by.
create type public.attendance_figures as (
    period_start date,
    period_end date,
    sessions bigint,
    cancelled_sessions bigint,
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
    no_show_rate numeric,
    mean_minutes numeric,
    minutes_p10 integer,
    minutes_p50 integer,
    minutes_p90 integer,
    registered bigint,
    seats bigint,
    fill_rate numeric,
    ratings bigint,
    mean_rating numeric
);
comment on type public.attendance_figures is
    'Figures of one period over the sessions that began in it. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.attendance_figures.period_start is 'First day of the row.';
comment on column public.attendance_figures.period_end is 'Last day of the row.';
comment on column public.attendance_figures.sessions is 'Sessions that were completed.';
comment on column public.attendance_figures.cancelled_sessions is 'Sessions that were cancelled.';
comment on column public.attendance_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.attendance_figures.attended is 'present + late + partial.';
comment on column public.attendance_figures.present is 'Students marked present, once for each session.';
comment on column public.attendance_figures.late is 'Students marked late, once for each session.';
comment on column public.attendance_figures.partial is 'Students marked partial, once for each session.';
comment on column public.attendance_figures.absent is 'Students marked absent, once for each session.';
comment on column public.attendance_figures.excused is 'Students marked excused, once for each session.';
comment on column public.attendance_figures.attendance_rate is 'attended / expected.';
comment on column public.attendance_figures.previous_attendance_rate is 'attendance_rate of the period before.';
comment on column public.attendance_figures.attendance_rate_change is 'attendance_rate - previous_attendance_rate.';
comment on column public.attendance_figures.late_rate is 'late / attended.';
comment on column public.attendance_figures.no_shows is 'Students absent from sessions that need a registration.';
comment on column public.attendance_figures.no_show_rate is
    'no_shows / expected, in sessions that need a registration.';
comment on column public.attendance_figures.mean_minutes is
    'Minutes present / students, of those who attended and whose presence was measured (joined_at is known); one decimal.';
comment on column public.attendance_figures.minutes_p10 is
    'A tenth of those whose presence was measured stayed no longer than this. Exact but for rounding up to 5 minutes, beyond an hour to 75, 90, 120, 180, 240 or 1440.';
comment on column public.attendance_figures.minutes_p50 is
    'Half of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.attendance_figures.minutes_p90 is
    'Nine tenths of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.attendance_figures.registered is 'Seats taken, in sessions with a capacity.';
comment on column public.attendance_figures.seats is 'Seats there were, in sessions with a capacity.';
comment on column public.attendance_figures.fill_rate is
    'registered / seats; above 1 where fewer seats were left than were taken.';
comment on column public.attendance_figures.ratings is 'Students who rated, once for each session.';
comment on column public.attendance_figures.mean_rating is
    'Sum of the ratings / ratings, two decimals; null for mentors where there are fewer than three.';
