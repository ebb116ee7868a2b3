-- Compared by start_time, end_time and host_key alone, which row-level security lets indexes serve: no range, no sum.
create view public.time_off_clashes with (security_invoker = true) as
select
    time_off.id as time_off_id,
    time_off.mentor_id,
    private.mentor_name(time_off.mentor_id) as mentor_name,
    time_off.start_time as time_off_start,
    time_off.end_time as time_off_end,
    session.id as session_id,
    session.title,
    session.status,
    session.start_time,
    session.end_time,
    session.timezone
from public.mentor_time_off as time_off
-- No session is longer than a day: what the index is searched by, worked out apart from the search.
cross join lateral (
    select
        greatest(entry.start_time, now()) as starts,
        greatest(entry.start_time, now()) - interval '24 hours' as starts_a_day_before
    from (values (time_off.start_time)) as entry (start_time)
    offset 0 -- noqa: AM09
) as away
-- `offset 0` has the sessions looked up for each entry of time off: else all are compared with all of their mentor's.
cross join lateral (
    select
        of_mentor.id,
        of_mentor.title,
        of_mentor.status,
        of_mentor.start_time,
        of_mentor.end_time,
        of_mentor.timezone
    from public.success_sessions as of_mentor
    where
        of_mentor.host_key = time_off.mentor_id
        and of_mentor.start_time < time_off.end_time
        and of_mentor.start_time > away.starts_a_day_before
        and of_mentor.end_time > away.starts
        and of_mentor.status in ('upcoming', 'live')
    offset 0 -- noqa: AM09
) as session
where time_off.end_time > now();
comment on view public.time_off_clashes is
    'Upcoming and live sessions of mentors who are away then, having entered time off over them: another mentor is needed, or another time. One row per session and entry of time off that the caller may see: mentors their own, managers all.';
comment on column public.time_off_clashes.time_off_id is 'The entry, mentor_time_off.id.';
comment on column public.time_off_clashes.mentor_id is 'Who is away.';
comment on column public.time_off_clashes.mentor_name is 'Name of the mentor.';
comment on column public.time_off_clashes.time_off_start is 'From when the mentor is away.';
comment on column public.time_off_clashes.time_off_end is 'Until when.';
comment on column public.time_off_clashes.session_id is 'The session, success_sessions.id.';
comment on column public.time_off_clashes.title is 'Its title.';
comment on column public.time_off_clashes.status is 'Its status.';
comment on column public.time_off_clashes.start_time is 'When it begins.';
comment on column public.time_off_clashes.end_time is 'When it ends.';
comment on column public.time_off_clashes.timezone is 'The zone its wall-clock time is meant in.';

revoke all on public.time_off_clashes from public, anon, authenticated, service_role;
grant select on public.time_off_clashes to authenticated;
