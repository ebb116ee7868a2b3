alter table public.booking_offers enable row level security;

revoke all on public.booking_offers from public, anon, authenticated, service_role;
grant select, delete on public.booking_offers to authenticated;
grant insert (
    mentor_id, title, description, audience, course_id, batch_id, start_time, timezone, recurrence, window_minutes,
    slot_minutes, gap_minutes, booking_notice_minutes, change_notice_minutes, booking_horizon_days,
    max_open_per_student, max_per_student_week, max_per_student_month, max_per_day, platform, link, backup_link,
    zoom_meeting_id, zoom_passcode, is_active
) on public.booking_offers to authenticated;
grant update (
    title, description, audience, course_id, batch_id, start_time, timezone, recurrence, window_minutes, slot_minutes,
    gap_minutes, booking_notice_minutes, change_notice_minutes, booking_horizon_days, max_open_per_student,
    max_per_student_week, max_per_student_month, max_per_day, platform, link, backup_link, zoom_meeting_id,
    zoom_passcode, is_active
) on public.booking_offers to authenticated;
grant select, insert, update, delete on public.booking_offers to service_role;

-- Both arms are indexable, so the planner can combine them.
create policy booking_offers_select_audience_mentor_or_manager on public.booking_offers
for select to authenticated
using (
    audience_key = any((select private.my_offer_keys())::uuid[])
    or mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to())
);

create policy booking_offers_insert_mentor_or_manager on public.booking_offers
for insert to authenticated
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy booking_offers_update_mentor_or_manager on public.booking_offers
for update to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()))
with check (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));

create policy booking_offers_delete_mentor_or_manager on public.booking_offers
for delete to authenticated
using (mentor_id between (select private.my_hosts_from()) and (select private.my_hosts_to()));
