-- Presence as intervals: a join opens one, the next event of the same source closes it, an open one ends with the
-- session (or now). The union of all intervals, clipped to the scheduled time, is what counts, so a second device or a
-- repeated join adds nothing.
create function private.session_presence(session public.success_sessions, user_id uuid default null)
returns table (student_id uuid, joined_at timestamptz, left_at timestamptz, present_for interval)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until timestamptz := least(session.end_time, clock_timestamp());
begin
    return query
    with presence as (
        select
            event.user_id,
            event.kind,
            event.occurred_at,
            lead(event.occurred_at) over (
                partition by event.user_id, event.source order by event.occurred_at, event.id
            ) as next_at
        from private.presence_events as event
        where
            event.session_id = session.id
            and (session_presence.user_id is null or event.user_id = session_presence.user_id)
    ),

    learner as (
        select
            presence.user_id,
            min(presence.occurred_at) filter (where presence.kind = 'join') as first_join,
            max(presence.occurred_at) filter (where presence.kind = 'leave') as last_leave,
            bool_or(presence.kind = 'join' and presence.next_at is null) as is_open,
            range_agg(
                tstzrange(presence.occurred_at, greatest(coalesce(presence.next_at, v_until), presence.occurred_at))
            ) filter (where presence.kind = 'join')
            * tstzmultirange(tstzrange(session.start_time, session.end_time)) as intervals
        from presence
        group by presence.user_id
    )

    select
        learner.user_id,
        learner.first_join,
        case
            when not learner.is_open and learner.last_leave >= learner.first_join then learner.last_leave
            when session.status = 'completed' then greatest(session.end_time, learner.first_join)
        end,
        coalesce((select sum(upper(part) - lower(part)) from unnest(learner.intervals) as part), interval '0')
    from learner
    where learner.first_join is not null;
end
$$;
comment on function private.session_presence(public.success_sessions, uuid) is
    'First join, last leave (null while there) and time present (union of intervals, clipped to the session) of each learner, or of the one given.';
revoke execute on function private.session_presence(public.success_sessions, uuid) from public;
