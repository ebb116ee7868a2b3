-- A series is checked as its sessions are, before there is one.
create trigger session_series_2_references
before insert or update of timezone, platform, course_id, batch_id, mentor_id on public.session_series
for each row execute function private.check_session_references();
