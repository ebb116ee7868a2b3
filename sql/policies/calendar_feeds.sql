alter table public.calendar_feeds enable row level security;

-- Written by create_calendar_feed and revoke_calendar_feed. Managers, too, see their own only: a feed is private to a
-- person. Operators can end one whose token has leaked.
revoke all on public.calendar_feeds from public, anon, authenticated, service_role;
grant select on public.calendar_feeds to authenticated;
grant select, delete on public.calendar_feeds to service_role;

create policy calendar_feeds_select_owner on public.calendar_feeds
for select to authenticated
using (owner_id = (select auth.uid()));
