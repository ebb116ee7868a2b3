alter table public.app_settings enable row level security;

revoke all on public.app_settings from public, anon, authenticated, service_role;
grant select on public.app_settings to authenticated;
grant update (
    join_opens_minutes_before, meeting_wait_minutes, late_after_minutes, partial_below_percent, mentor_buffer_minutes,
    series_horizon_days, audit_retention_months, presence_retention_months, outbox_retention_months,
    unmatched_retention_days, check_in_code_seconds, reminder_minutes, mail_debounce_seconds,
    low_attendance_percent, low_attendance_warnings
) on public.app_settings to authenticated;
grant select, update on public.app_settings to service_role;

create policy app_settings_select_everyone on public.app_settings
for select to authenticated
using (true);

create policy app_settings_update_admin on public.app_settings
for update to authenticated
using ((select private.is_settings_admin()))
with check ((select private.is_settings_admin()));
