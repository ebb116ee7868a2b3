-- One line of session_roster.
create type public.roster_entry as (
    student_id uuid,
    full_name text,
    is_learner boolean,
    registration_status public.registration_status,
    attendance_status public.attendance_status,
    joined_at timestamptz,
    left_at timestamptz,
    minutes_present integer,
    source public.attendance_source,
    note text,
    excuse_status public.excuse_status,
    excuse_reason text,
    participation_rate numeric
);
comment on type public.roster_entry is
    'A student of a session: name, whether they still take part, registration, attendance, minutes in the session, wish to be excused, and the share (0 to 1) of the course''s sessions so far that they attended, excused ones left out; null where there is nothing to say.';
