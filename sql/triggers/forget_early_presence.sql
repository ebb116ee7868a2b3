-- A click on Join counts until the session's end. When the session is put off, whoever had clicked would be present at
-- the new time without being there, so the clicks are deleted, unless joining is open for the new time, too. Where
-- joining was open for the old time, somebody may be clicking at this moment, and is waited for by the presence turn.
--
-- When a session that was called off is reinstated, all presence is deleted, the platform's too: while it was called
-- off, nothing that the platform told of people leaving was stored, and they would seem to be there still.
-- Security definer: whoever moves a session may not touch presence.
create function private.forget_early_presence()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Joining for the old time may open before this is committed.
    c_moment constant interval := interval '1 minute';
    v_is_reinstated constant boolean := old.status = 'cancelled';
begin
    if not v_is_reinstated and clock_timestamp() >= private.join_opens_at(new.start_time) then
        return null;
    end if;
    if clock_timestamp() < private.join_opens_at(old.start_time) - c_moment
        and not exists (
            select from private.presence_events as event
            where event.session_id = new.id and (event.source = 'join' or v_is_reinstated)
        )
    then
        delete from private.host_presence as presence where presence.session_id = new.id;
        return null;
    end if;
    perform private.take_presence_turn(new.id);
    delete from private.presence_events as event
    where event.session_id = new.id and (event.source = 'join' or v_is_reinstated);
    delete from private.host_presence as presence where presence.session_id = new.id;
    perform private.refresh_attendance(new);
    return null;
end
$$;
comment on function private.forget_early_presence() is
    'Forgets the clicks of learners and the coming of the host when a session is put off to a time for which joining is not open yet, and all presence when one that was called off is reinstated; automatic attendance follows, marks by hand stay.';
revoke execute on function private.forget_early_presence() from public;

create trigger forget_early_presence
after update of start_time, status on public.success_sessions
for each row
when (new.status = 'upcoming' and (new.start_time > old.start_time or old.status = 'cancelled'))
execute function private.forget_early_presence();
