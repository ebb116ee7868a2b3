-- The door of what host and managers decide about a participant of the review queue; nobody else decides meanwhile.
create function private.lock_participant(participant_id uuid)
returns private.unmatched_participants
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_participant private.unmatched_participants;
begin
    select session.* into v_session
    from private.unmatched_participants as participant
    inner join public.success_sessions as session on participant.session_id = session.id
    where
        participant.id = lock_participant.participant_id
        and (private.is_manager() or private.is_session_host(session));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format(
                'participant_id %s is unknown or not visible to you',
                coalesce(lock_participant.participant_id::text, 'null')
            ),
            hint = 'Send the participant_id of a row of unmatched_participants.';
    end if;
    perform private.take_presence_turn(v_session.id);
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
