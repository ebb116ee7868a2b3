create function private.series_content(series public.session_series)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.meeting_with_secrets(
        'session_series', series.id, series.link, series.backup_link, series.platform_data
    )
        || jsonb_build_object(
            'title', series.title,
            'description', series.description,
            'session_type', series.session_type,
            'course_id', series.course_id,
            'batch_id', series.batch_id,
            'mentor_id', series.mentor_id,
            'platform', series.platform,
            'meeting_account_id', series.meeting_account_id,
            'zoom_meeting_id', series.zoom_meeting_id,
            'registration_required', series.registration_required,
            'registration_closes_at', extract(epoch from series.registration_closes_before),
            'capacity', series.capacity,
            'reminder_minutes', series.reminder_minutes
        );
end
$$;
comment on function private.series_content(public.session_series) is
    'private.session_content of a session that is as its series says.';
revoke execute on function private.series_content(public.session_series) from public;
