-- The door of what host and managers decide about a participant of the review queue; nobody else decides meanwhile.
-- Unknown and invisible get the same answer after the same work.
create function private.lock_participant(participant_id uuid)
returns private.unmatched_participants
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_session_id uuid;
    v_participant private.unmatched_participants;
begin
    v_session_id := (
        select participant.session_id
        from private.unmatched_participants as participant
        where participant.id = lock_participant.participant_id
    );
    perform
    from public.success_sessions as session
    where
        session.id = coalesce(v_session_id, participant_id)
        and session.host_key between v_hosts_from and v_hosts_to;
    -- Where the id is unknown, the session was looked for all the same, so that the answer takes as long.
    if not found or v_session_id is null then
        raise exception using
            errcode = 'PT404',
            message = format(
                'participant_id %s is unknown or not visible to you',
                coalesce(lock_participant.participant_id::text, 'null')
            ),
            hint = 'Send the participant_id of a row of unmatched_participants.';
    end if;
    perform private.take_presence_turn(v_session_id);
    select participant.* into v_participant
    from private.unmatched_participants as participant
    where participant.id = lock_participant.participant_id
    for no key update;
    return v_participant;
end
$$;
comment on function private.lock_participant(uuid) is
    'A participant of the review queue, and the turn of the session''s presence, for its host and managers; PT404 for everybody else.';
revoke execute on function private.lock_participant(uuid) from public;
