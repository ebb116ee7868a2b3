create function private.owns_meeting(session public.success_sessions)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.session_meetings as meeting
        where
            meeting.external_id = private.meeting_key(session.zoom_meeting_id, session.platform_data)
            and meeting.platform = session.platform
            and meeting.session_id = session.id
            and meeting.is_wanted
    );
end
$$;
comment on function private.owns_meeting(public.success_sessions) is
    'Whether the platform made the meeting that a session uses for this session; false where somebody entered it.';
revoke execute on function private.owns_meeting(public.success_sessions) from public;
