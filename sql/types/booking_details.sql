-- What book_slot, move_booking and cancel_booking answer.
create type public.booking_details as (
    session_id uuid,
    offer_id uuid,
    title text,
    description text,
    mentor_id uuid,
    mentor_name text,
    start_time timestamptz,
    end_time timestamptz,
    timezone text,
    platform text,
    status public.session_status,
    cancel_reason text,
    changes_until timestamptz -- the last moment for move_booking and cancel_booking
);
comment on type public.booking_details is
    'A booked one-to-one meeting as its student is shown it: the session, the offer, and until when it may be moved or cancelled.';
