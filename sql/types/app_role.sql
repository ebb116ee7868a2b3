-- What a user may do on the platform; a user may hold several roles.
create type public.app_role as enum (
    'student', -- takes part in sessions of the own enrollments
    'mentor', -- hosts assigned sessions
    'enrollment_manager', -- manages sessions and enrollments
    'admin', -- manages sessions, enrollments and settings
    'superadmin' -- everything, deleting and granting roles included
);
comment on type public.app_role is 'What a user may do on the platform; a user may hold several roles.';
