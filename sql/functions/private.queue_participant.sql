-- One row per participant and session, however often they come: by the platform's key, else the address, else the
-- device. A name makes two participants one only where the platform tells nothing else.
create function private.queue_participant(
    session_id uuid,
    platform text,
    participant_key text,
    email text,
    full_name text,
    connection_id text
)
returns private.unmatched_participants
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := nullif(btrim(regexp_replace(left(full_name, 200), '[[:cntrl:]]', ' ', 'g')), '');
    v_email text := nullif(private.lower_address(left(email, 320)), '');
    v_identity text := case
        when participant_key <> '' then 'key:' || left(participant_key, 500)
        when v_email is not null then 'email:' || encode(sha256(convert_to(v_email, 'UTF8')), 'hex')
        when connection_id <> '' then 'connection:' || left(connection_id, 500)
        else 'name:' || encode(sha256(convert_to(coalesce(lower(v_name), ''), 'UTF8')), 'hex')
    end;
    v_participant private.unmatched_participants;
begin
    insert into private.unmatched_participants as participant (session_id, platform, identity, full_name, email)
    values (queue_participant.session_id, queue_participant.platform, v_identity, v_name, v_email)
    on conflict on constraint unmatched_participants_session_id_platform_identity_key do update set
        full_name = coalesce(participant.full_name, excluded.full_name),
        email = coalesce(participant.email, excluded.email)
    returning * into v_participant;
    return v_participant;
end
$$;
comment on function private.queue_participant(uuid, text, text, text, text, text) is
    'The participant''s row in the review queue of a session, made where there is none.';
revoke execute on function private.queue_participant(uuid, text, text, text, text, text) from public;
