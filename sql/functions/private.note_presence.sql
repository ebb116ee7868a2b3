-- Writes a join or leave seen by our own API and the attendance that follows from it. Parallel clicks line up; a
-- repeated join or leave adds nothing, unless the platform has seen the learner go meanwhile.
create function private.note_presence(session public.success_sessions, user_id uuid, kind private.presence_kind)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last private.presence_events;
begin
    perform private.take_presence_turn(session.id, user_id::text);
    if note_presence.kind = 'join' then
        -- Asked again under the turn: if the session was put off meanwhile, the joins so far have been deleted
        -- (private.forget_early_presence), and this one must not be left over.
        perform private.check_joining_is_open(current)
        from public.success_sessions as current
        where current.id = session.id;
    end if;
    select event.* into v_last
    from private.presence_events as event
    where event.session_id = session.id and event.user_id = note_presence.user_id and event.source = 'join'
    order by event.occurred_at desc, event.id desc
    limit 1;
    if coalesce(v_last.kind, 'leave') <> note_presence.kind
        or (
            note_presence.kind = 'join'
            and exists (
                select from private.presence_events as event
                where
                    event.session_id = session.id
                    and (event.user_id = note_presence.user_id or event.kind = 'end')
                    and event.source = 'platform'
                    and event.kind in ('leave', 'end')
                    and event.occurred_at > v_last.occurred_at
            )
        )
    then
        insert into private.presence_events (session_id, user_id, kind, occurred_at, source)
        values (session.id, user_id, kind, clock_timestamp(), 'join');
        perform private.refresh_attendance(session, user_id);
    end if;
end
$$;
comment on function private.note_presence(public.success_sessions, uuid, private.presence_kind) is
    'Records that a learner came or went through the API, once, and refreshes the attendance. PT409 where joining has closed since the caller looked.';
revoke execute on function private.note_presence(public.success_sessions, uuid, private.presence_kind) from public;
