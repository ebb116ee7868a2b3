-- Mails of one topic to one person about one session follow each other in order, and a waiting one speaks for the later
-- ones.
create type notifier.email_topic as enum (
    'invitation', -- whether, when and how the recipient takes part
    'registration', -- whether a student has a seat
    'reminder', -- that it is about to begin
    'summary', -- what came of it
    'week', -- what came of the sessions of a week
    'warning', -- that somebody misses too much
    'recording' -- that it can be watched
);
comment on type notifier.email_topic is 'What mails are ordered and folded by: those of one topic to one person about one session.';
