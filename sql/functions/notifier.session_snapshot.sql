-- What an event remembers of a session: column by column what mails are decided by and made from. Links and passcodes
-- stay out; of them only a fingerprint is kept, which tells that they changed. Always in UTC, so that equal instants
-- read equal.
create function notifier.session_snapshot(session public.success_sessions)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    return jsonb_build_object(
        'id', session.id,
        'title', session.title,
        'description', session.description,
        'session_type', session.session_type,
        'status', session.status,
        'course_id', session.course_id,
        'batch_id', session.batch_id,
        'mentor_id', session.mentor_id,
        'start_time', session.start_time,
        'end_time', session.end_time,
        'timezone', session.timezone,
        'platform', session.platform,
        'cancel_reason', session.cancel_reason,
        'series_id', session.series_id,
        'recurrence_id', session.recurrence_id,
        'calendar_uid', session.calendar_uid,
        'sequence', session.sequence,
        'registration_required', session.registration_required,
        'meeting_details', md5(
            jsonb_build_array(session.link, session.zoom_meeting_id, session.credentials_updated_at)::text
        ),
        'backup_details', md5(jsonb_build_array(session.backup_link, session.backup_credentials_updated_at)::text),
        'uses_backup_link', session.link_failed_at is not null,
        'link_failure_note', session.link_failure_note
    );
end
$$;
comment on function notifier.session_snapshot(public.success_sessions) is
    'The session as an event remembers it: its columns by name, and meeting_details and backup_details, fingerprints of what join_session reveals.';
revoke execute on function notifier.session_snapshot(public.success_sessions) from public;
