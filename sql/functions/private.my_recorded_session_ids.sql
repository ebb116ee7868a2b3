-- As the first and last arm of success_sessions_select_audience_host_or_manager, for what hangs off a session. Only
-- those with something published, so that the list stays short.
-- Security definer: it is called by policies and must not run through the policies it serves.
create function private.my_recorded_session_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select session.id
        from public.success_sessions as session
        where
            (
                session.audience_key = any(private.my_audience_keys())
                or session.id = any(private.my_invited_session_ids())
            )
            and exists (
                select from public.session_recordings as recording
                where recording.session_id = session.id and recording.is_published
                offset 0 -- a look-up for each, not a join with everybody's
            )
    );
end
$$;
comment on function private.my_recorded_session_ids() is
    'Sessions that the caller takes part in and that have a published recording; empty for nobody.';
revoke execute on function private.my_recorded_session_ids() from public;
grant execute on function private.my_recorded_session_ids() to authenticated;
