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
begin
    perform private.check_meeting_event(platform, 'event_id', event_id, meeting_id);
    perform private.check_meeting_time('occurred_at', occurred_at);

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
    'For edge functions: the platform closed a meeting, and with it everybody''s open presence. The session goes on until its end or until a person ends it: whoever comes back is present again. Idempotent by platform and event_id. Errors: 22023 unknown platform, missing id or time.';
revoke execute on function public.end_meeting(text, text, text, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.end_meeting(text, text, text, timestamptz) to service_role;
