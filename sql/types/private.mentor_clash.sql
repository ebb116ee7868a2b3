-- What keeps a mentor from hosting at some time: one row of private.mentor_clashes.
create type private.mentor_clash as (
    reason text, -- session: hosts another one then; buffer: hosts one too close to it; time_off: is away
    session_id uuid, -- null for time off
    title text, -- of the session; of time off the reason given, or null
    start_time timestamptz,
    end_time timestamptz
);
comment on type private.mentor_clash is
    'What keeps a mentor from hosting at some time: reason (session, buffer, time_off), and the session or time off with its times.';
