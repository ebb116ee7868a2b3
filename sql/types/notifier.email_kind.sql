-- What a mail is about. Each kind has its templates in the notifier.
create type notifier.email_kind as enum (
    'session_scheduled', -- a learner is invited
    'session_rescheduled', -- the time of a session somebody is invited to changed
    'session_updated', -- something else that they see changed
    'session_cancelled', -- the session is called off, or the learner is no longer invited
    'mentor_assigned', -- somebody became the host
    'mentor_unassigned', -- somebody is no longer the host
    'attendance_summary' -- to the host, after the session
);
comment on type notifier.email_kind is 'What a mail is about; the claim decides it, from what the recipient was told last and the state then.';
