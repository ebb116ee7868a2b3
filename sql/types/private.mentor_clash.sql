-- What keeps a mentor from hosting at some time, or an account from one more meeting: one row of private.mentor_clashes
-- and private.meeting_account_clashes.
create type private.mentor_clash as (
    -- session: the mentor hosts another one then; buffer: one too close to it; time_off: the mentor is away;
    -- meeting_account: it is one of those that the account hosts then.
    reason text,
    session_id uuid, -- null for time off
    title text, -- of the session; of time off the reason given, or null
    start_time timestamptz,
    end_time timestamptz
);
comment on type private.mentor_clash is
    'What is in the way of a session: reason (session, buffer, time_off, meeting_account), and the session or time off with its times.';
