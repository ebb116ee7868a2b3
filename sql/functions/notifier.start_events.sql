-- The event given, which the caller has locked, is the first unexpanded one of its transaction; its lock is the lock of
-- all. Together with it start the events of the other sessions that the transaction changed, so that they are expanded
-- in step; 200 at most, which is how many a mail may tell of. While one of them waits for an earlier change of its
-- session to be expanded, all wait: by the sessions' row locks, transactions follow each other in one order, so this
-- cannot go round in a circle.
create function notifier.start_events(event notifier.events)
returns notifier.events[]
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_events notifier.events[];
    v_must_wait boolean;
begin
    if event.through_id is not null then
        return array(
            select started
            from notifier.events as started
            where
                started.transaction_id = event.transaction_id
                and started.topic = 'invitation'
                and started.expanded_at is null
                and started.through_id is not null
            order by started.id
        );
    end if;

    -- One statement, and so one look: between two, whoever expands the earlier change may merge one of these into it.
    select
        array_agg(waiting.event order by (waiting.event).id),
        bool_or(waiting.is_blocked)
    into v_events, v_must_wait
    from (
        select
            first_of_session as event,
            exists (
                select from notifier.events as blocking
                where
                    blocking.session_id = first_of_session.session_id
                    and blocking.topic = 'invitation'
                    and blocking.id < first_of_session.id
                    and blocking.expanded_at is null
                offset 0
            ) as is_blocked
        from notifier.events as first_of_session
        where
            first_of_session.transaction_id = event.transaction_id
            and first_of_session.topic = 'invitation'
            and first_of_session.expanded_at is null
            and not exists (
                select from notifier.events as earlier
                where
                    earlier.session_id = first_of_session.session_id
                    and earlier.topic = 'invitation'
                    and earlier.id < first_of_session.id
                    and earlier.expanded_at is null
                    and earlier.transaction_id = event.transaction_id
                offset 0
            )
        order by first_of_session.id
        limit 200
    ) as waiting;
    if v_must_wait then
        return array[]::notifier.events[];
    end if;
    for v_index in 1..cardinality(v_events) loop
        v_events[v_index].through_id := notifier.start_event(v_events[v_index]);
    end loop;
    return v_events;
end
$$;
comment on function notifier.start_events(notifier.events) is
    'Starts, or goes on with, the events of one transaction, of which the caller has locked the first: all that are to be expanded in step, none while one of them must wait.';
revoke execute on function notifier.start_events(notifier.events) from public;
