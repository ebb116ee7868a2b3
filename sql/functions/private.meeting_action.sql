create function private.meeting_action(meeting public.session_meetings)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when meeting.ended_at is not null then null
        when not meeting.is_wanted then 'delete'
        when meeting.external_id is null then 'create'
        when meeting.done_revision < meeting.revision then 'update'
        when meeting.sweep_due_at is not null then 'sweep'
        when meeting.report_due_at is not null and meeting.reported_at is null then 'reconcile'
    end;
end
$$;
comment on function private.meeting_action(public.session_meetings) is
    'What is next to be done at the platform: create, update, delete, sweep or reconcile; null: nothing.';
revoke execute on function private.meeting_action(public.session_meetings) from public;
