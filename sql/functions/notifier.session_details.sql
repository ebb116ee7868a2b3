-- What a mail shows of a session: names instead of ids, and nothing secret.
create function notifier.session_details(snapshot jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            snapshot - array['course_id', 'batch_id', 'mentor_id', 'meeting_details', 'backup_details']
            || jsonb_build_object(
                'platform_name', (select name from public.meeting_platforms where id = snapshot ->> 'platform'),
                'mentor_name',
                (select nullif(full_name, '') from public.profiles where id = (snapshot ->> 'mentor_id')::uuid),
                'course_name', (select name from public.courses where id = (snapshot ->> 'course_id')::uuid),
                'batch_name', (select name from public.batches where id = (snapshot ->> 'batch_id')::uuid)
            )
    );
end
$$;
comment on function notifier.session_details(jsonb) is
    'A notifier.session_snapshot as mails show it: id, title, description, session_type, status, start_time, end_time, timezone, platform, cancel_reason, sequence, registration_required, calendar_uid, series_id, recurrence_id, uses_backup_link, link_failure_note and the names of platform, mentor, course and batch.';
revoke execute on function notifier.session_details(jsonb) from public;
