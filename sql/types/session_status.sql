-- Where a session stands; completed is final, and so is cancelled unless a manager reinstates the session.
create type public.session_status as enum (
    'upcoming', -- not begun
    'live', -- begun, not over
    'completed', -- over; attendance is final
    'cancelled' -- called off; kept so that everybody can be told
);
comment on type public.session_status is
    'Where a session stands; completed is final, and so is cancelled unless a manager reinstates the session.';
