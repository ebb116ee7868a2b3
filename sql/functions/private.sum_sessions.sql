-- The one query that reports rest on: it reads a row per session, never attendance. What is not asked for is null, and
-- planned away. It may read the statistics from end to end, which is best for a year of everybody, whatever its caller
-- has said of other tables. The planner takes every session for a group of its own, as it cannot know how wide the
-- periods are, and would sort them all, on disk: with room for so many groups it hashes the few there are, in a few
-- megabytes at most. That halves a year of 50,000 sessions.
create function private.sum_sessions(
    bounds timestamptz[],
    host_key uuid,
    course_id uuid,
    batch_id uuid,
    session_type public.session_type,
    by_host boolean
)
returns setof private.session_sums
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = on
set work_mem = '32MB'
set jit = off
as $$
begin
    return query
    select
        width_bucket(statistics.start_time, bounds) - 1,
        case when by_host then statistics.host_key end,
        count(*) filter (where statistics.status = 'completed'),
        count(*) filter (where statistics.status = 'cancelled'),
        coalesce(sum(statistics.scheduled_minutes) filter (where statistics.status = 'completed'), 0),
        sum(statistics.present),
        sum(statistics.late),
        sum(statistics.partial),
        sum(statistics.absent),
        sum(statistics.excused),
        sum(statistics.minutes),
        coalesce(sum(statistics.registered) filter (where statistics.seats > 0), 0),
        sum(statistics.seats),
        coalesce(sum(statistics.absent) filter (where statistics.registration_required), 0),
        coalesce(
            sum(statistics.present + statistics.late + statistics.partial + statistics.absent)
            filter (where statistics.registration_required),
            0
        ),
        sum(statistics.ratings),
        sum(statistics.rating_points),
        array[
            sum(statistics.minutes_to_5),
            sum(statistics.minutes_to_10),
            sum(statistics.minutes_to_15),
            sum(statistics.minutes_to_20),
            sum(statistics.minutes_to_25),
            sum(statistics.minutes_to_30),
            sum(statistics.minutes_to_35),
            sum(statistics.minutes_to_40),
            sum(statistics.minutes_to_45),
            sum(statistics.minutes_to_50),
            sum(statistics.minutes_to_55),
            sum(statistics.minutes_to_60),
            sum(statistics.minutes_to_75),
            sum(statistics.minutes_to_90),
            sum(statistics.minutes_to_120),
            sum(statistics.minutes_to_180),
            sum(statistics.minutes_to_240),
            sum(statistics.minutes_to_1440)
        ]
    from private.session_statistics as statistics
    where
        statistics.start_time >= bounds[1]
        and statistics.start_time < bounds[cardinality(bounds)]
        and statistics.status in ('completed', 'cancelled')
        and (sum_sessions.host_key is null or statistics.host_key = sum_sessions.host_key)
        and (sum_sessions.course_id is null or statistics.course_id = sum_sessions.course_id)
        and (sum_sessions.batch_id is null or statistics.batch_id = sum_sessions.batch_id)
        and (sum_sessions.session_type is null or statistics.session_type = sum_sessions.session_type)
    group by 1, 2;
end
$$;
comment on function private.sum_sessions(
    timestamptz[], uuid, uuid, uuid, public.session_type, boolean
) is
    'Sums over the completed and cancelled sessions that begin in each of the periods between bounds (numbered from 0) and, if by_host, of each mentor; null arguments stand for everything.';
revoke execute on function private.sum_sessions(
    timestamptz[], uuid, uuid, uuid, public.session_type, boolean
) from public;
