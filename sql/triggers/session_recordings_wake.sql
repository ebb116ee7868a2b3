-- The notifier writes the event, under the session's row lock; whoever edits a recording has locked that first and
-- would wait the other way round.
create constraint trigger session_recordings_wake
after insert or update on public.session_recordings
deferrable initially deferred
for each row
when (new.announce_at is not null)
execute function notifier.wake();
