-- From here on the event speaks for what had happened to the session by now. Later events of the session wait until it
-- is expanded.
create function notifier.start_event(event notifier.events)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_through_id bigint;
begin
    with merged as (
        update notifier.events as later set merged_into = event.id, expanded_at = clock_timestamp()
        where later.id = any(
            array(
                select waiting.id
                from (
                    select of_session.*
                    from notifier.events as of_session
                    where of_session.session_id = event.session_id and of_session.student_id is null
                    order by of_session.topic
                    offset 0
                ) as waiting
                where
                    waiting.topic = event.topic
                    and waiting.id > event.id
                    and waiting.expanded_at is null
                    -- Not what tells of enrollments: that is told by itself, and only to those who came or left.
                    and coalesce(waiting.enrollment_position, event.enrollment_position) is null
            )
        )
        returning later.id
    )
    select coalesce(max(merged.id), event.id) into v_through_id from merged;
    update notifier.events as started set through_id = v_through_id where started.id = event.id;
    perform notifier.queue_session_webhooks(event, v_through_id);
    return v_through_id;
end
$$;
comment on function notifier.start_event(notifier.events) is
    'Merges the waiting later events of the session into this one, which the caller has locked, queues what webhooks tell of it, and returns the last of them.';
revoke execute on function notifier.start_event(notifier.events) from public;
