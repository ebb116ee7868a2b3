-- Security definer: it is the API; it takes turns and looks for clashes, which the caller may not do.
-- Locks: series, sessions in the order of their ids, the turns of both mentors in the order of theirs.
create function public.reassign_mentor_sessions(
    from_mentor uuid,
    to_mentor uuid,
    from_time timestamptz default null,
    to_time timestamptz default null
)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from constant timestamptz := greatest(from_time, clock_timestamp());
    v_to constant timestamptz := coalesce(to_time, 'infinity');
    v_series public.session_series;
    v_series_ids uuid[] := array[]::uuid[];
    v_session_ids uuid[];
    v_clashing integer;
    v_clashes text;
begin
    perform private.check_reassignment(from_mentor, to_mentor, from_time, to_time);

    -- With no end the series themselves are handed over, and the dates they are still to be extended by.
    if to_time is null then
        v_series_ids := array(
            select series.id
            from public.session_series as series
            where series.mentor_id = from_mentor
            order by series.id
            for no key update
        );
    end if;
    v_session_ids := array(
        select session.id
        from public.success_sessions as session
        where
            session.host_key = from_mentor
            and session.status = 'upcoming'
            and session.start_time >= v_from
            and session.start_time < v_to
        order by session.id
        for no key update
    );
    perform private.take_mentor_turn(least(from_mentor, to_mentor));
    perform private.take_mentor_turn(greatest(from_mentor, to_mentor));

    -- `except`, which is hashed: `<> all` may search the array once for each of its sessions.
    if exists (
        select session.id
        from public.success_sessions as session
        where
            session.host_key = from_mentor
            and session.status = 'upcoming'
            and session.start_time >= v_from
            and session.start_time < v_to
        except
        select locked.id from unnest(v_session_ids) as locked (id)
    ) or (
        to_time is null
        and exists (
            select from public.session_series as series
            where series.mentor_id = from_mentor and series.id <> all(v_series_ids)
        )
    ) then
        -- Something was given to the mentor while this was waiting for the turns. Rows come before turns in the order
        -- of locks, so it cannot be locked any more.
        perform private.refuse_simultaneous_writers();
    end if;

    select
        count(*),
        string_agg(
            format(
                '%s, session %s, from %s to %s: %s',
                quote_literal(moved.title), moved.id,
                private.utc_text(moved.start_time), private.utc_text(moved.end_time), found.clashes
            ),
            e'\n' order by moved.start_time
        )
    into v_clashing, v_clashes
    from public.success_sessions as moved
    cross join lateral (
        select string_agg(private.clash_text(clash), '; ' order by clash.start_time) as clashes
        from private.mentor_clashes(to_mentor, moved.start_time, moved.end_time) as clash
    ) as found
    where moved.id = any(v_session_ids) and found.clashes is not null;
    if v_clashing > 0 then
        perform private.refuse_clash(
            format(
                '%s of %s sessions cannot be given to mentor_id %s',
                v_clashing, cardinality(v_session_ids), to_mentor
            ),
            v_clashes,
            'Nothing was changed. Choose another mentor or another period, or move these sessions before.'
        );
    end if;

    update public.session_series as series
    set mentor_id = to_mentor
    where series.id = any(v_series_ids) and (series.next_start < from_time and from_time = v_from) is not true;
    for v_series in
        select series.*
        from public.session_series as series
        where series.id = any(v_series_ids) and series.mentor_id = from_mentor
        order by series.id
    loop
        perform private.hand_over_series_from(v_series, to_mentor, from_time);
    end loop;
    return query
    with moved as (
        update public.success_sessions as session
        set mentor_id = to_mentor
        where session.id = any(v_session_ids)
        returning session.id, session.start_time
    )

    select moved.id
    from moved
    order by moved.start_time, moved.id;
end
$$;
comment on function public.reassign_mentor_sessions(uuid, uuid, timestamptz, timestamptz) is
    'Gives all upcoming sessions of one mentor that begin from from_time (now when left out, and never before) until before to_time (without end when left out) to another, all or none, and answers their ids in the order of time. With no end the mentor''s series go over, too, and one that has dates before from_time still to be made is split there. What has begun stays, with its attendance. Managers only. Errors: 42501; 22023; 23P01 (409) the other mentor is not free, each session and its clash in a line of the detail; PT409 somebody else was changing the same plans.';
revoke execute on function public.reassign_mentor_sessions(uuid, uuid, timestamptz, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.reassign_mentor_sessions(uuid, uuid, timestamptz, timestamptz) to authenticated;
