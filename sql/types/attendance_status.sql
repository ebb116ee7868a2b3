-- What the attendance record of one student in one session says.
create type public.attendance_status as enum (
    'present', -- came in time and stayed
    'late', -- came later than late_after_minutes, of attendance_rules or else of app_settings
    'partial', -- stayed less than partial_below_percent, of attendance_rules or else of app_settings
    'absent', -- was never there
    'excused' -- absent with leave, decided by a person
);
comment on type public.attendance_status is 'What the attendance record of one student in one session says.';
