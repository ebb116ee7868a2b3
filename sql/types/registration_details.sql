-- What register_for_session and cancel_registration answer.
create type public.registration_details as (
    session_id uuid,
    status public.registration_status,
    waitlist_position integer, -- 1 is next; null unless waitlisted
    seats_left integer, -- null where capacity is unlimited
    overlapping_sessions jsonb -- what else the student has at that time, so that nobody is booked twice unawares
);
comment on type public.registration_details is
    'The caller''s registration: status, place in the waitlist (1 is next; null unless waitlisted), free seats (null: unlimited), and what else the caller is registered for or invited to at that time, [{"session_id", "title", "start_time", "end_time"}], empty for nothing.';
