-- A session of a series that is to be made, or to take up another time, mentor or account: what must not clash.
create type private.series_step as (
    session_id uuid, -- null: it is to be made
    series_date date, -- the day of the series, in its zone
    start_time timestamptz,
    end_time timestamptz,
    mentor_id uuid,
    meeting_account_id uuid
);
comment on type private.series_step is 'A session of a series that is to be made (session_id null) or moved: when, who hosts it, on which account.';
