-- What a session of a series has in common with it, but for when it takes place: where the two differ, somebody changed
-- the session for itself, and edits of the series leave that alone. Holds secrets; for comparison only.
create function private.session_content(session public.success_sessions)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.meeting_with_secrets(
        'success_sessions', session.id, session.link, session.backup_link, session.platform_data
    )
        || jsonb_build_object(
            'title', session.title,
            'description', session.description,
            'session_type', session.session_type,
            'course_id', session.course_id,
            'batch_id', session.batch_id,
            'mentor_id', session.mentor_id,
            'platform', session.platform,
            'meeting_account_id', session.meeting_account_id,
            'zoom_meeting_id', session.zoom_meeting_id,
            'registration_required', session.registration_required,
            'registration_closes_at', extract(epoch from session.start_time - session.registration_closes_at),
            'capacity', session.capacity,
            'reminder_minutes', session.reminder_minutes
        );
end
$$;
comment on function private.session_content(public.success_sessions) is
    'What a session has in common with its series, by the names of the API''s fields, secrets included; registration_closes_at in seconds before the start.';
revoke execute on function private.session_content(public.success_sessions) from public;
