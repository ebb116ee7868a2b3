create function notifier.meeting_wait_until(session_id uuid)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select meeting.created_at + make_interval(mins => settings.meeting_wait_minutes)
        from public.session_meetings as meeting
        cross join public.app_settings as settings
        where
            meeting.session_id = meeting_wait_until.session_id
            and meeting.is_wanted
            and meeting.external_id is null
    );
end
$$;
comment on function notifier.meeting_wait_until(uuid) is
    'Until when mails about a session wait for the meeting that its platform is making; null: there is nothing to wait for.';
revoke execute on function notifier.meeting_wait_until(uuid) from public;
