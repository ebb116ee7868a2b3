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
inner join public.success_sessions as session
    on
        time_off.mentor_id = session.host_key
        and time_off.end_time > session.start_time
        and time_off.start_time < session.end_time
where
    time_off.end_time > now()
    and session.end_time > now()
    -- No session is longer than a day: what the index is searched by.
    and session.start_time > now() - interval '24 hours'
    and session.status in ('upcoming', 'live');
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
