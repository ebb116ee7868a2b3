-- Where a student stands in a course; only active ones give access to sessions.
create type public.enrollment_status as enum (
    'active', -- takes part
    'paused', -- access suspended
    'completed', -- finished the course
    'withdrawn' -- left the course
);
comment on type public.enrollment_status is 'Where a student stands in a course; only active ones give access to sessions.';
