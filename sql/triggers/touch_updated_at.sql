-- Keeps updated_at truthful on the tables people edit directly.
create function private.touch_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.updated_at := clock_timestamp();
    return new;
end
$$;
comment on function private.touch_updated_at() is 'Sets updated_at on each update.';
revoke execute on function private.touch_updated_at() from public;

create trigger touch_updated_at before update on public.profiles
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.course_enrollments
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.app_settings
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.mentor_time_off
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.meeting_accounts
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.mentor_availability
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.notification_preferences
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.session_series
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.attendance_rules
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.session_recordings
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.booking_offers
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.webhook_endpoints
for each row execute function private.touch_updated_at();
create trigger touch_updated_at before update on public.blackout_dates
for each row execute function private.touch_updated_at();
