alter table public.session_ratings enable row level security;

-- Written by rate_session alone. No arm for hosts: students say freely what they think only if their mentor does not
-- learn who said it.
revoke all on public.session_ratings from public, anon, authenticated, service_role;
grant select on public.session_ratings to authenticated;
grant select, insert, update, delete on public.session_ratings to service_role;

create policy session_ratings_select_own_or_manager on public.session_ratings
for select to authenticated
using (student_id between (select private.my_rows_from()) and (select private.my_rows_to()));
