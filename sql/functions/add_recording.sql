-- Security definer: it is the API of the edge functions; it looks for the session as record_presence does.
create function public.add_recording(
    platform text,
    event_id text,
    meeting_id text,
    started_at timestamptz,
    url text,
    title text default null,
    duration_minutes integer default null,
    is_published boolean default false,
    notify boolean default false
)
returns public.recording_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.recording_receipt;
    v_session public.success_sessions;
    v_id uuid := gen_random_uuid();
begin
    perform private.check_meeting_event(platform, 'event_id', event_id, meeting_id);
    perform private.check_meeting_time('started_at', started_at);

    -- Platforms tell again: the recording stays with its session, whichever session the meeting serves by now.
    select
        recording.id,
        recording.session_id
    into v_receipt.recording_id, v_receipt.session_id
    from public.session_recordings as recording
    where recording.platform = add_recording.platform and recording.event_id = add_recording.event_id;
    if found then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    v_session := private.meeting_session(platform, meeting_id, started_at, true);
    if v_session.id is null then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;

    v_receipt.session_id := v_session.id;
    insert into public.session_recordings
    (id, session_id, title, url, duration_minutes, is_published, notify, platform, event_id)
    values (
        v_id,
        v_receipt.session_id,
        nullif(btrim(left(regexp_replace(title, '[[:cntrl:]]', ' ', 'g'), 200)), ''),
        url,
        duration_minutes,
        coalesce(is_published, false),
        coalesce(notify, false),
        platform,
        event_id
    )
    on conflict on constraint session_recordings_platform_event_id_key do nothing
    returning session_recordings.id into v_receipt.recording_id;
    if found then
        v_receipt.outcome := 'recorded';
    else
        -- Told twice at once: the other call made the row, and the address that this one put into Vault belongs to
        -- none.
        perform private.set_session_secret('session_recordings', v_id, 'recording_url', null);
        v_receipt.outcome := 'duplicate';
    end if;
    return v_receipt;
end
$$;
comment on function public.add_recording(text, text, text, timestamptz, text, text, integer, boolean, boolean) is
    'For edge functions: the platform has recorded a meeting; started_at finds the session. Unpublished unless told otherwise: the host decides. notify: those who take part get one mail once it is published. Idempotent by platform and event_id. Errors: 22023 unknown platform, missing id or time, no http(s) url, or a field out of range.';
revoke execute on function public.add_recording(
    text, text, text, timestamptz, text, text, integer, boolean, boolean
) from public, anon, authenticated, service_role;
grant execute on function public.add_recording(
    text, text, text, timestamptz, text, text, integer, boolean, boolean
) to service_role;
