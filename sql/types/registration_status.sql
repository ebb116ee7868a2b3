-- Where a student's registration for a session stands.
create type public.registration_status as enum (
    'registered', -- has a seat
    'waitlisted', -- gets a seat when one becomes free
    'cancelled' -- given up by the student, or lost with the access to the session
);
comment on type public.registration_status is 'Where a student''s registration for a session stands.';
