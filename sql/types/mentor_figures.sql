-- One mentor in one period of mentor_performance. Rates as in attendance_figures.
create type public.mentor_figures as (
    mentor_id uuid,
    mentor_name text,
    period_start date,
    period_end date,
    sessions bigint,
    minutes_hosted bigint,
    cancelled_sessions bigint,
    cancellation_rate numeric,
    joined_in_time bigint,
    joined_late bigint,
    not_seen bigint,
    punctuality_rate numeric,
    mean_minutes_late numeric,
    taken_over bigint,
    handed_over bigint,
    expected bigint,
    attended bigint,
    attendance_rate numeric,
    previous_attendance_rate numeric,
    attendance_rate_change numeric,
    registered bigint,
    seats bigint,
    fill_rate numeric,
    ratings bigint,
    mean_rating numeric
);
comment on type public.mentor_figures is
    'Figures of one mentor in one period. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.mentor_figures.mentor_id is 'The mentor.';
comment on column public.mentor_figures.mentor_name is 'The mentor''s name.';
comment on column public.mentor_figures.period_start is 'First day of the row.';
comment on column public.mentor_figures.period_end is 'Last day of the row.';
comment on column public.mentor_figures.sessions is 'Sessions hosted and completed.';
comment on column public.mentor_figures.minutes_hosted is 'Scheduled minutes of the completed sessions.';
comment on column public.mentor_figures.cancelled_sessions is 'Sessions that were cancelled.';
comment on column public.mentor_figures.cancellation_rate is 'cancelled_sessions / (sessions + cancelled_sessions).';
comment on column public.mentor_figures.joined_in_time is 'Sessions that the mentor joined at the start or before.';
comment on column public.mentor_figures.joined_late is 'Sessions that the mentor joined after the start.';
comment on column public.mentor_figures.not_seen is 'Sessions of which it is not known whether the mentor joined.';
comment on column public.mentor_figures.punctuality_rate is 'joined_in_time / (joined_in_time + joined_late).';
comment on column public.mentor_figures.mean_minutes_late is
    'Minutes from the start to the mentor''s joining, of the sessions joined late; one decimal.';
comment on column public.mentor_figures.taken_over is 'Sessions hosted that another mentor had first.';
comment on column public.mentor_figures.handed_over is
    'Completed sessions that this mentor had first, and somebody else or nobody in the end.';
comment on column public.mentor_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.mentor_figures.attended is 'present + late + partial.';
comment on column public.mentor_figures.attendance_rate is 'attended / expected.';
comment on column public.mentor_figures.previous_attendance_rate is 'attendance_rate of the period before.';
comment on column public.mentor_figures.attendance_rate_change is 'attendance_rate - previous_attendance_rate.';
comment on column public.mentor_figures.registered is 'Seats taken, in sessions with a capacity.';
comment on column public.mentor_figures.seats is 'Seats there were, in sessions with a capacity.';
comment on column public.mentor_figures.fill_rate is
    'registered / seats; above 1 where fewer seats were left than were taken.';
comment on column public.mentor_figures.ratings is 'Students who rated, once for each session.';
comment on column public.mentor_figures.mean_rating is
    'Sum of the ratings / ratings, two decimals; null for mentors where there are fewer than three.';
