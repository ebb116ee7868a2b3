create function private.write_session(image public.success_sessions)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.success_sessions as session
    set
        title = image.title,
        description = image.description,
        session_type = image.session_type,
        course_id = image.course_id,
        batch_id = image.batch_id,
        mentor_id = image.mentor_id,
        start_time = image.start_time,
        end_time = image.end_time,
        timezone = image.timezone,
        platform = image.platform,
        meeting_account_id = image.meeting_account_id,
        link = image.link,
        backup_link = image.backup_link,
        zoom_meeting_id = image.zoom_meeting_id,
        zoom_passcode = image.zoom_passcode,
        platform_data = image.platform_data,
        registration_required = image.registration_required,
        registration_closes_at = image.registration_closes_at,
        capacity = image.capacity,
        reminder_minutes = image.reminder_minutes
    where session.id = image.id;
end
$$;
comment on function private.write_session(public.success_sessions) is
    'Writes the fields of a session that a form sends, as the image of its row has them; write-only ones only where they are in it.';
revoke execute on function private.write_session(public.success_sessions) from public;
