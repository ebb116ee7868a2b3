-- One event per statement and session for explicit invitees that came or went. The session's row is locked first, as
-- by a change of the session itself: the ids of a session's events must rise in the order of its changes. A session
-- that is called off has them too, though nobody is told: these events are how it is known who was invited when.
-- Security definer: writers of participants have no business in the outbox.
create function private.handle_session_participant_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_came jsonb := '[]';
    v_went jsonb := '[]';
begin
    -- Each trigger below has those of the two transition tables that its verb has.
    if tg_op in ('INSERT', 'UPDATE') then
        v_came := coalesce((select jsonb_agg(jsonb_build_array(came.session_id, came.user_id)) from came), '[]');
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        v_went := coalesce((select jsonb_agg(jsonb_build_array(went.session_id, went.user_id)) from went), '[]');
    end if;

    insert into notifier.events (session_id, old, new, participants_added, participants_removed)
    with
    change as materialized (
        select
            (pair.ids ->> 0)::uuid as session_id,
            (pair.ids ->> 1)::uuid as user_id,
            bool_or(pair.came) as came
        from (
            select
                came.ids,
                true as came
            from jsonb_array_elements(v_came) as came (ids)
            union all
            select
                went.ids,
                false
            from jsonb_array_elements(v_went) as went (ids)
        ) as pair
        group by pair.ids
        -- An update that leaves somebody where they were is no change.
        having count(*) = 1
    ),
    -- Grouped before the join: the planner does not know how many changes there are, and would compare each with each
    -- session.
    change_of_session as materialized (
        select
            change.session_id,
            coalesce(array_agg(change.user_id) filter (where change.came), '{}') as added,
            coalesce(array_agg(change.user_id) filter (where not change.came), '{}') as removed
        from change
        group by change.session_id
    ),
    concerned as materialized (
        select
            session,
            change_of_session.added,
            change_of_session.removed
        from change_of_session
        inner join public.success_sessions as session on change_of_session.session_id = session.id
        where session.status <> 'completed'
        order by session.id
        for no key update of session
    ),
    concerned_state as materialized (
        select
            (concerned.session).id as session_id,
            notifier.session_snapshot(concerned.session) as snapshot,
            concerned.added,
            concerned.removed
        from concerned
    )
    select
        concerned_state.session_id,
        concerned_state.snapshot,
        concerned_state.snapshot,
        concerned_state.added,
        concerned_state.removed
    from concerned_state;
    return null;
end
$$;
comment on function private.handle_session_participant_changes() is
    'Writes one outbox event per session whose explicit invitees a statement changed; none for sessions that are over or gone.';
revoke execute on function private.handle_session_participant_changes() from public;

create trigger handle_session_participants_added
after insert on public.session_participants
referencing new table as came
for each statement execute function private.handle_session_participant_changes();

create trigger handle_session_participants_changed
after update on public.session_participants
referencing old table as went new table as came
for each statement execute function private.handle_session_participant_changes();

create trigger handle_session_participants_removed
after delete on public.session_participants
referencing old table as went
for each statement execute function private.handle_session_participant_changes();
