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
    local_start timestamp,
    scheduled_minutes integer,
    expected bigint,
    attended bigint,
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    attendance_rate numeric,
    usual_attendance_rate numeric,
    attendance_rate_difference numeric,
    late_rate numeric,
    no_shows bigint,
    mean_minutes numeric,
    minutes_p10 integer,
    minutes_p50 integer,
    minutes_p90 integer,
    stay_rate numeric,
    registered bigint,
    seats bigint,
    fill_rate numeric,
    host_joined_at timestamptz,
    host_minutes_late numeric,
    is_handed_over boolean,
    ratings bigint,
    mean_rating numeric
);
comment on type public.session_figures is
    'Figures of one completed session. Rates are shares from 0 to 1, null where there is nothing to divide by.';
comment on column public.session_figures.session_id is 'The session.';
comment on column public.session_figures.title is 'Its title.';
comment on column public.session_figures.session_type is 'Its kind.';
comment on column public.session_figures.course_id is 'Its course; null: explicit participants only.';
comment on column public.session_figures.batch_id is 'Its batch; null: unbatched students.';
comment on column public.session_figures.mentor_id is 'The mentor who hosted it; null: nobody.';
comment on column public.session_figures.mentor_name is 'The mentor''s name; null: nobody.';
comment on column public.session_figures.start_time is 'Its begin.';
comment on column public.session_figures.local_start is 'Its begin on the clock of the report''s time zone.';
comment on column public.session_figures.scheduled_minutes is 'Its length, in minutes.';
comment on column public.session_figures.expected is 'attended + absent; whoever is excused was not expected.';
comment on column public.session_figures.attended is 'present + late + partial.';
comment on column public.session_figures.present is 'Students marked present.';
comment on column public.session_figures.late is 'Students marked late.';
comment on column public.session_figures.partial is 'Students marked partial.';
comment on column public.session_figures.absent is 'Students marked absent.';
comment on column public.session_figures.excused is 'Students marked excused.';
comment on column public.session_figures.attendance_rate is 'attended / expected.';
comment on column public.session_figures.usual_attendance_rate is
    'attended / expected over all sessions of the same kind and course in the report.';
comment on column public.session_figures.attendance_rate_difference is 'attendance_rate - usual_attendance_rate.';
comment on column public.session_figures.late_rate is 'late / attended.';
comment on column public.session_figures.no_shows is 'Students absent, if a registration was needed.';
comment on column public.session_figures.mean_minutes is
    'Minutes present / students, of those who attended and whose presence was measured (joined_at is known); one decimal.';
comment on column public.session_figures.minutes_p10 is
    'A tenth of those whose presence was measured stayed no longer than this. Exact but for rounding up to 5 minutes, beyond an hour to 75, 90, 120, 180, 240 or 1440.';
comment on column public.session_figures.minutes_p50 is
    'Half of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.session_figures.minutes_p90 is
    'Nine tenths of those whose presence was measured stayed no longer than this; rounded as minutes_p10.';
comment on column public.session_figures.stay_rate is
    'Minutes present / minutes scheduled, where presence was measured.';
comment on column public.session_figures.registered is 'Seats taken.';
comment on column public.session_figures.seats is 'Seats there were; null: any number.';
comment on column public.session_figures.fill_rate is
    'registered / seats; above 1 where fewer seats were left than were taken.';
comment on column public.session_figures.host_joined_at is
    'When the mentor first joined, as join_session or the platform tells; null: not seen.';
comment on column public.session_figures.host_minutes_late is
    'Minutes from start_time to host_joined_at, one decimal; 0 when in time, null when not seen.';
comment on column public.session_figures.is_handed_over is 'Whether another mentor had the session first.';
comment on column public.session_figures.ratings is 'Students who rated it.';
comment on column public.session_figures.mean_rating is
    'Sum of the ratings / ratings, two decimals; null for mentors where there are fewer than three.';
