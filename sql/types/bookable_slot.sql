-- One slot that can be booked: what bookable_slots answers, one row each.
create type public.bookable_slot as (
    offer_id uuid,
    mentor_id uuid,
    mentor_name text,
    title text,
    start_time timestamptz,
    end_time timestamptz,
    timezone text, -- the offer's own
    local_start timestamp, -- what the caller's clock shows …
    local_end timestamp,
    local_timezone text, -- … in the zone of the caller's profile
    overlapping_session_ids uuid [] -- the caller's cohort sessions at that time
);
comment on type public.bookable_slot is
    'One free slot of a booking offer, with its times in the caller''s zone and the caller''s cohort sessions that it overlaps.';
