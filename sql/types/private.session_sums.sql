-- The sums of a report, for one of its periods and, where asked for, one mentor.
create type private.session_sums as (
    period integer, -- 0 is the one before the report's first
    host_key uuid, -- null where it is about all mentors
    sessions bigint, -- completed
    cancelled_sessions bigint,
    scheduled_minutes bigint, -- of the completed
    present bigint,
    late bigint,
    partial bigint,
    absent bigint,
    excused bigint,
    minutes bigint,
    registered bigint, -- of the sessions with a capacity
    seats bigint,
    no_shows bigint, -- absent where a seat was needed
    expected_with_seat bigint, -- present, late, partial or absent where a seat was needed
    ratings bigint,
    rating_points bigint,
    stays bigint [] -- how many stayed how long, see private.stay_bounds
);
comment on type private.session_sums is 'Sums over the statistics of sessions, which figures are worked out from.';
