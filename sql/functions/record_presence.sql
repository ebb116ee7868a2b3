-- Security definer: it is the API of the edge functions; it writes presence, which the service role may not touch. An
-- error makes the platform tell it again. So what telling it again would not change, an unknown meeting for one, is
-- answered as an outcome.
create function public.record_presence(
    platform text,
    event_id text,
    meeting_id text,
    kind text,
    occurred_at timestamptz,
    participant_key text default null,
    participant_email text default null,
    participant_name text default null,
    connection_id text default null
)
returns public.presence_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.presence_receipt;
    v_session public.success_sessions;
    v_participant private.unmatched_participants;
    v_user_id uuid;
begin
    perform private.check_meeting_event(platform, 'event_id', event_id, meeting_id);
    perform private.check_meeting_time('occurred_at', occurred_at);
    if kind is null or kind not in ('join', 'leave') then
        raise exception using
            errcode = '22023',
            message = format('kind must be join or leave, not %s', coalesce(quote_literal(left(kind, 50)), 'null')),
            hint = 'The end of a meeting is told with end_meeting.';
    end if;

    v_user_id := private.match_participant(
        array(
            select session.id
            from private.meeting_sessions(platform, meeting_id, occurred_at, occurred_at) as session
        ),
        participant_key,
        participant_email
    );
    v_session := private.meeting_session(platform, meeting_id, occurred_at, kind = 'join', v_user_id);
    if v_session.id is null then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;
    v_receipt.session_id := v_session.id;

    if v_user_id is not null and not private.takes_part(v_session, v_user_id) then
        if private.is_session_staff(v_session, v_user_id) then
            if kind = 'join' and v_session.mentor_id = v_user_id then
                perform private.note_host_presence(v_session.id, v_user_id, occurred_at);
            end if;
            v_receipt.outcome := 'staff';
            return v_receipt;
        end if;
        v_user_id := null;
    end if;

    perform private.take_presence_turn(
        v_session.id,
        coalesce(v_user_id::text, participant_key, participant_email, participant_name, '')
    );
    if exists (
        select from private.presence_events as event
        where event.platform = record_presence.platform and event.event_id = record_presence.event_id
    ) then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    if v_user_id is null then
        v_participant := private.queue_participant(
            v_session.id, platform, participant_key, participant_email, participant_name, connection_id
        );
    end if;
    insert into private.presence_events
    (session_id, user_id, unmatched_id, kind, occurred_at, source, platform, event_id, connection_id)
    values (
        v_session.id,
        v_user_id,
        v_participant.id,
        kind::private.presence_kind,
        occurred_at,
        'platform',
        platform,
        event_id,
        left(connection_id, 500)
    )
    on conflict do nothing;
    if not found then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    v_receipt.student_id := coalesce(v_user_id, v_participant.student_id);
    v_receipt.participant_id := v_participant.id;
    v_receipt.outcome := case
        when v_receipt.student_id is null then 'unmatched'::public.presence_outcome
        else 'recorded'
    end;
    if v_receipt.student_id is not null then
        perform private.refresh_attendance(v_session, v_receipt.student_id);
    end if;
    return v_receipt;
end
$$;
comment on function public.record_presence(text, text, text, text, timestamptz, text, text, text, text) is
    'For edge functions: a participant came into a meeting or left it (kind join, leave). Idempotent by platform and event_id, in any order: attendance follows the time of the event. participant_key is the user''s id (with or without dashes) or a registrant''s key; without any key a verified address names the participant, never the name: those wait in the review queue, as do keys that nobody was given. connection_id tells devices apart. Errors: 22023 unknown platform, kind, missing id or time.';
revoke execute on function public.record_presence(
    text, text, text, text, timestamptz, text, text, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.record_presence(text, text, text, text, timestamptz, text, text, text, text)
to service_role;
