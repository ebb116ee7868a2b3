-- Presence as intervals. A join opens one, the next event of the same device closes it, so does the end of the meeting,
-- and an open one lasts until the session's end (or now). The union of all intervals, clipped to the scheduled time, is
-- what counts: a second device or a repeated join adds nothing.
--
-- A click on Join counts until the platform sees the learner leave, since hardly anybody clicks Leave. Whoever left
-- before joining opens was not there: either the session has been put off since, or they entered the meeting directly
-- and did not wait.
create function private.session_presence(session public.success_sessions, user_id uuid default null)
returns table (
    student_id uuid, joined_at timestamptz, left_at timestamptz, present_for interval, is_seen_by_platform boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until timestamptz := least(session.end_time, clock_timestamp());
    v_opens_at timestamptz := private.join_opens_at(session.start_time);
begin
    return query
    with
    word as materialized (
        select
            -- A subquery, because for a join the planner might read the review queue of all sessions.
            coalesce(
                event.user_id,
                (
                    select unmatched.student_id
                    from private.unmatched_participants as unmatched
                    where unmatched.id = event.unmatched_id
                )
            ) as user_id,
            event.unmatched_id,
            event.kind,
            event.occurred_at,
            event.source,
            event.connection_id,
            event.report_id,
            event.id
        from private.believed_presence(session, session_presence.user_id) as event
    ),

    ending as materialized (
        select word.occurred_at from word where word.kind = 'end'
        union all
        select (array_agg(report.ended_at order by report.id desc))[1]
        from private.presence_reports as report
        where report.session_id = session.id
        group by report.platform, report.report_id
    ),

    -- Platforms give times to the second, in which a device may leave and be back: a join and a leave of one device at
    -- the same time cancel each other out. Clicks are not added up; they are taken in the order in which they came.
    settled as (
        select
            word.user_id,
            word.source,
            word.unmatched_id,
            word.connection_id,
            word.report_id,
            word.occurred_at,
            min(word.id) as id,
            sum(case word.kind when 'join' then 1 else -1 end) as balance
        from word
        where word.user_id is not null
        group by
            word.user_id, word.source, word.unmatched_id, word.connection_id, word.report_id, word.occurred_at,
            case when word.source <> 'platform' then word.id end
    ),

    step as (
        select
            settled.*,
            settled.balance > 0 as is_join,
            lead(settled.occurred_at) over (
                partition by
                    settled.user_id, settled.source, settled.unmatched_id, settled.connection_id, settled.report_id
                order by settled.occurred_at, settled.id
            ) as next_at
        from settled
        where settled.balance <> 0
    ),

    stay as (
        select
            step.user_id,
            step.source,
            step.is_join,
            step.occurred_at as came_at,
            least(
                step.next_at,
                case
                    when step.report_id is null
                        then (select min(ending.occurred_at) from ending where ending.occurred_at >= step.occurred_at)
                end
            ) as went_at
        from step
        -- Without those whose leave may have got lost because the session was put off: a platform's events are only
        -- stored within an hour of a session (private.meeting_sessions), so a join long before the start has no leave.
        where not (
            step.source = 'platform'
            and step.is_join
            and step.next_at is null
            and step.occurred_at < session.start_time - interval '1 hour'
        )
    ),

    -- By windows, because the planner expects few learners, and a join would compare each with all the others.
    known as (
        select
            stay.*,
            range_agg(tstzrange(stay.came_at, greatest(coalesce(stay.went_at, v_until), stay.came_at)))
            filter (where stay.source = 'platform' and stay.is_join)
            over (partition by stay.user_id) as seen,
            array_agg(stay.came_at)
            filter (where stay.source = 'platform' and not stay.is_join)
            over (partition by stay.user_id) as leaves
        from stay
    ),

    presence as materialized (
        select
            known.user_id,
            known.source,
            known.came_at,
            case
                when known.source = 'platform' then known.went_at
                else least(
                    known.went_at,
                    (
                        select min(leave.occurred_at)
                        from unnest(known.leaves) as leave (occurred_at)
                        where leave.occurred_at >= known.came_at and known.seen @> leave.occurred_at is not true
                    )
                )
            end as went_at
        from known
        where known.is_join
    ),

    learner as (
        select
            presence.user_id,
            min(presence.came_at) as first_join,
            max(presence.went_at) as last_leave,
            bool_or(presence.went_at is null) as is_there,
            bool_or(presence.source = 'platform') as is_seen,
            range_agg(
                tstzrange(presence.came_at, greatest(coalesce(presence.went_at, v_until), presence.came_at))
            ) * tstzmultirange(tstzrange(session.start_time, session.end_time)) as intervals
        from presence
        where presence.went_at is null or presence.went_at >= v_opens_at
        group by presence.user_id
    )

    select
        learner.user_id,
        learner.first_join,
        case
            when not learner.is_there then learner.last_leave
            when session.status = 'completed' then greatest(session.end_time, learner.first_join)
        end,
        coalesce((select sum(upper(part) - lower(part)) from unnest(learner.intervals) as part), interval '0'),
        learner.is_seen
    from learner;
end
$$;
comment on function private.session_presence(public.success_sessions, uuid) is
    'First join, last leave (null while there), time present (union of intervals, clipped to the session) and whether the platform saw them, of each learner who came, or of the one given.';
revoke execute on function private.session_presence(public.success_sessions, uuid) from public;
