-- What a mail is about. Each kind has its templates in the notifier.
create type notifier.email_kind as enum (
    'session_scheduled', -- a learner is invited
    'session_rescheduled', -- the time of a session somebody is invited to changed
    'session_updated', -- something else that they see changed
    'meeting_link_changed', -- the link has failed and the backup link is used, or the other way round
    'session_cancelled', -- the session is called off, or the learner is no longer invited
    'mentor_assigned', -- somebody became the host
    'mentor_unassigned', -- somebody is no longer the host
    'series_scheduled', -- a learner is invited to several sessions by one transaction
    'series_updated', -- one transaction changed several sessions in ways that differ, or that need no kind of their own
    'series_cancelled', -- one transaction called off several sessions
    'enrollment_schedule', -- a student joined a course: what is ahead
    'daily_digest', -- what waited for the one mail of the day that the recipient wants
    'registration_confirmed', -- a student got the seat they asked for
    'waitlist_promoted', -- a student who waited got a seat
    'recording_available', -- students can watch what they took part in, or missed
    'session_reminder', -- a session is about to begin
    'attendance_warning', -- a student misses too much: to the student, and to the host
    'weekly_summary', -- what came of a mentor's sessions of a week, for whoever asks for it
    'attendance_summary' -- to the host, after the session
);
comment on type notifier.email_kind is 'What a mail is about; the claim decides it, from what the recipient was told last and the state then.';
