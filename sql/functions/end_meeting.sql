-- Security definer: it is the API of the edge functions; it writes presence, which the service role may not touch.
create function public.end_meeting(platform text, event_id text, meeting_id text, occurred_at timestamptz)
returns public.presence_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.presence_receipt;
    v_session public.success_sessions;
    v_made_id uuid;
begin
    perform private.check_meeting_event(platform, 'event_id', event_id, meeting_id);
    perform private.check_meeting_time('occurred_at', occurred_at);

    -- A meeting that the platform made for a session is that session's, however late it ends. If the session is
    -- completed, the platform's report is fetched once more; if not, it is planned when the session is completed. The
    -- rows of session and meeting are locked in this order, and before the presence turn.
    select meeting.id into v_made_id
    from public.session_meetings as meeting
    inner join public.success_sessions as session on meeting.session_id = session.id
    where
        meeting.external_id in (end_meeting.meeting_id, private.meeting_key(end_meeting.meeting_id, null))
        and meeting.platform = end_meeting.platform
        and meeting.is_wanted
        and session.status = 'completed'
        and not exists (
            select from private.presence_events as event
            where event.platform = end_meeting.platform and event.event_id = end_meeting.event_id
        )
    for key share of session;
    if found then
        perform private.expect_meeting_report(v_made_id);
    end if;

    v_session := private.meeting_session(platform, meeting_id, occurred_at, false);
    if v_session.id is null then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;
    v_receipt.session_id := v_session.id;

    perform private.take_presence_turn(v_session.id);
    insert into private.presence_events (session_id, kind, occurred_at, source, platform, event_id)
    values (v_session.id, 'end', occurred_at, 'platform', platform, event_id)
    on conflict do nothing;
    if found then
        v_receipt.outcome := 'recorded';
        perform private.refresh_attendance(v_session);
    else
        v_receipt.outcome := 'duplicate';
    end if;
    return v_receipt;
end
$$;
comment on function public.end_meeting(text, text, text, timestamptz) is
    'For edge functions: the platform closed a meeting, and with it everybody''s open presence. The session goes on until its end or until a person ends it: whoever comes back is present again. If the session is over by then, the platform''s report is fetched once more. Idempotent by platform and event_id. Errors: 22023 unknown platform, missing id or time.';
revoke execute on function public.end_meeting(text, text, text, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.end_meeting(text, text, text, timestamptz) to service_role;
