-- Where an attendance value comes from; manual and import outrank the automatic ones.
create type public.attendance_source as enum (
    'join', -- join_session, check_in and leave_session; also of those of whom nothing was heard
    'platform', -- events of the video platform
    'manual', -- marked by the host or a manager
    'import' -- imported by the host or a manager
);
comment on type public.attendance_source is 'Where an attendance value comes from; manual and import outrank the automatic ones.';
