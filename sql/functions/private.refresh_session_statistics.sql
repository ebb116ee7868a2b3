-- Brings the rows of some sessions in line with the sessions. The rows are locked first, in the order of their ids:
-- whoever is writing attendance of these sessions holds a share of the lock, and is waited for, so that the recount,
-- which is a statement of its own, sees it.
create function private.refresh_session_statistics(session_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from private.session_statistics as statistics
    where statistics.session_id = any(session_ids)
    order by statistics.session_id
    for update;
    update private.session_statistics as statistics
    set (
        session_id, start_time, scheduled_minutes, status, session_type, registration_required, host_key,
        first_host_key, present, late, partial, absent, excused, minutes, registered, seats, ratings,
        rating_points, minutes_to_5, minutes_to_10, minutes_to_15, minutes_to_20, minutes_to_25,
        minutes_to_30, minutes_to_35, minutes_to_40, minutes_to_45, minutes_to_50, minutes_to_55,
        minutes_to_60, minutes_to_75, minutes_to_90, minutes_to_120, minutes_to_180, minutes_to_240,
        minutes_to_1440, course_id, batch_id, host_joined_at
    ) = (
        select recounted.*
        from private.recounted_session_statistics as recounted
        where recounted.session_id = statistics.session_id
    )
    where statistics.session_id = any(session_ids);
end
$$;
comment on function private.refresh_session_statistics(uuid[]) is
    'Recounts the statistics of some sessions, which have a row each.';
revoke execute on function private.refresh_session_statistics(uuid[]) from public;
