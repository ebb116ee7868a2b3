-- Security definer: it is the API; it reads Vault and writes the log of views, which the caller may not touch.
create function public.open_recording(recording_id uuid)
returns public.recording_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Read before the recording is looked for: unknown and invisible take the same work.
    v_audience_keys constant uuid[] := private.my_audience_keys();
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_invited_session_ids constant uuid[] := private.my_invited_session_ids();
    v_recording public.session_recordings;
    v_details public.recording_details;
begin
    select recording.* into v_recording
    from public.session_recordings as recording
    where recording.id = open_recording.recording_id;
    perform
    from public.success_sessions as session
    where
        session.id = coalesce(v_recording.session_id, open_recording.recording_id)
        and (
            session.host_key between v_hosts_from and v_hosts_to
            or (
                v_recording.is_published
                and now() >= v_recording.available_from
                and (v_recording.available_until is null or now() < v_recording.available_until)
                and (
                    session.audience_key = any(v_audience_keys)
                    or session.id = any(v_invited_session_ids)
                )
            )
        );
    -- Where the id is unknown, the session was looked for all the same, so that the answer takes as long.
    if not found or v_recording.id is null then
        raise exception using
            errcode = 'PT404',
            message = format(
                'recording_id %s is unknown or not visible to you', coalesce(open_recording.recording_id::text, 'null')
            ),
            hint = 'Check the id; a published recording is visible to those who take part in its session.';
    end if;

    perform private.check_plain_answer();
    insert into public.session_recording_views (recording_id, session_id, user_id)
    values (v_recording.id, v_recording.session_id, auth.uid());

    v_details.recording_id := v_recording.id;
    v_details.session_id := v_recording.session_id;
    v_details.title := v_recording.title;
    if v_recording.storage_path is null then
        v_details.url := private.get_session_secret('session_recordings', v_recording.id, 'recording_url');
    else
        v_details.bucket_id := 'session-recordings';
        v_details.storage_path := v_recording.storage_path;
    end if;
    return v_details;
end
$$;
comment on function public.open_recording(uuid) is
    'The address of a recording, or bucket and path for Storage''s createSignedUrl, for those who may see it. Each call is written to session_recording_views. Errors: PT404 unknown or not visible.';
revoke execute on function public.open_recording(uuid) from public, anon, authenticated, service_role;
grant execute on function public.open_recording(uuid) to authenticated;
