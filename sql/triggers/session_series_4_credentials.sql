-- A series keeps its secrets as a session does, under names of its own.
create trigger session_series_4_credentials
before insert or update of zoom_passcode, link, backup_link, platform_data on public.session_series
for each row execute function private.store_session_credentials();
