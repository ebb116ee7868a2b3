-- The statistics of sessions follow the sessions. Statement by statement: a tick completes many at once, and their rows
-- are locked in the order of their ids.
-- Security definer: whoever edits a session has no business with statistics.
create function private.keep_session_statistics()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids uuid[];
begin
    if tg_op = 'INSERT' then
        insert into private.session_statistics
        select recounted.*
        from private.recounted_session_statistics as recounted
        where recounted.session_id = any(array(select added.id from added));
        return null;
    end if;

    -- The plan is made for the first statement, which may have changed one row, and then kept. By the plan of an inner
    -- join a statement that changes many rows would compare each with every other. A full join, which `offset 0` keeps
    -- from being made an inner one, and `except` are never planned that way.
    insert into private.mentor_handovers (session_id, from_mentor_id, to_mentor_id)
    select pair.session_id, pair.from_mentor_id, pair.to_mentor_id
    from (
        select
            added.id as session_id,
            removed.mentor_id as from_mentor_id,
            added.mentor_id as to_mentor_id
        from removed
        full join added on removed.id = added.id
        offset 0
    ) as pair
    where
        pair.session_id is not null
        and pair.from_mentor_id is not null
        and pair.to_mentor_id is distinct from pair.from_mentor_id
    order by pair.session_id;
    v_session_ids := array(
        select changed.id
        from (
            select
                added.id, added.start_time, added.end_time, added.status, added.session_type,
                added.registration_required, added.capacity, added.mentor_id, added.course_id, added.batch_id
            from added
            except
            select
                removed.id, removed.start_time, removed.end_time, removed.status, removed.session_type,
                removed.registration_required, removed.capacity, removed.mentor_id, removed.course_id, removed.batch_id
            from removed
        ) as changed
    );
    if cardinality(v_session_ids) > 0 then
        perform private.refresh_session_statistics(v_session_ids);
    end if;
    return null;
end
$$;
comment on function private.keep_session_statistics() is
    'Keeps a row of statistics for each session, counts its students when it is completed, and records handovers between mentors.';
revoke execute on function private.keep_session_statistics() from public;

create trigger keep_session_statistics_added
after insert on public.success_sessions
referencing new table as added
for each statement execute function private.keep_session_statistics();

create trigger keep_session_statistics_changed
after update on public.success_sessions
referencing old table as removed new table as added
for each statement execute function private.keep_session_statistics();
