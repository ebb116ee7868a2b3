-- What the attendance record of one student in one session says.
create type public.attendance_status as enum (
    'present', -- came in time and stayed
    'late', -- came later than app_settings.late_after_minutes
    'partial', -- stayed less than app_settings.partial_below_percent
    'absent', -- was never there
    'excused' -- absent with leave, decided by a person
);
comment on type public.attendance_status is 'What the attendance record of one student in one session says.';
