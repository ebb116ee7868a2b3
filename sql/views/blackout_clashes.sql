-- Searched by instants alone, which row-level security lets an index serve; the day in the session's own zone decides.
create view public.blackout_clashes with (security_invoker = true) as
select
    blackout.id as blackout_id,
    blackout.name,
    blackout.first_date,
    blackout.last_date,
    session.id as session_id,
    session.title,
    session.status,
    session.course_id,
    session.series_id,
    session.start_time,
    session.end_time,
    session.timezone
from public.blackout_dates as blackout
inner join public.success_sessions as session
    on
        blackout.begins_after <= session.status_due_at
        and blackout.begins_before > session.status_due_at
where
    session.status = 'upcoming'
    and session.status_due_at > now()
    and blackout.begins_before > now()
    and (blackout.course_id is null or blackout.course_id = session.course_id)
    and (session.start_time at time zone session.timezone)::date between blackout.first_date and blackout.last_date;
comment on view public.blackout_clashes is
    'Upcoming sessions, of a series or not, on days that are blackout_dates: another day is needed, or none. One row per session that the caller may see and entry.';
comment on column public.blackout_clashes.blackout_id is 'The entry, blackout_dates.id.';
comment on column public.blackout_clashes.name is 'What the days are.';
comment on column public.blackout_clashes.first_date is 'First of the days.';
comment on column public.blackout_clashes.last_date is 'Last of the days.';
comment on column public.blackout_clashes.session_id is 'The session, success_sessions.id.';
comment on column public.blackout_clashes.title is 'Its title.';
comment on column public.blackout_clashes.status is 'Its status.';
comment on column public.blackout_clashes.course_id is 'Its course; null: explicit participants only.';
comment on column public.blackout_clashes.series_id is 'Series it belongs to; null for a single session.';
comment on column public.blackout_clashes.start_time is 'When it begins.';
comment on column public.blackout_clashes.end_time is 'When it ends.';
comment on column public.blackout_clashes.timezone is 'The zone its wall-clock time, and so its day, is meant in.';

revoke all on public.blackout_clashes from public, anon, authenticated, service_role;
grant select on public.blackout_clashes to authenticated;
