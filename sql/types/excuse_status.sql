-- Where a student's wish to be excused stands.
create type public.excuse_status as enum (
    'requested', -- waits for the host
    'approved', -- who does not come is excused instead of absent
    'declined', -- who does not come is absent
    'withdrawn' -- the student has taken it back
);
comment on type public.excuse_status is 'Where a student''s wish to be excused from a session stands.';
