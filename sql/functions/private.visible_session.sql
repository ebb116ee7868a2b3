-- The one door of the API functions to a session: unknown and invisible get the same answer, so that nobody can probe
-- for ids. Nor by the time it takes: what the caller may see is read before the session is looked for, not only when
-- there is one. Called by definer functions, which row-level security would not stop; it says for one session what the
-- policy success_sessions_select_audience_host_or_manager says for all, and a test compares the two.
create function private.visible_session(session_id uuid)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_audience_keys constant uuid[] := private.my_audience_keys();
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_invited_session_ids constant uuid[] := private.my_invited_session_ids();
    v_session public.success_sessions;
begin
    select session.* into v_session
    from public.success_sessions as session
    where
        session.id = visible_session.session_id
        and (
            session.audience_key = any(v_audience_keys)
            or session.host_key between v_hosts_from and v_hosts_to
            or session.id = any(v_invited_session_ids)
        );
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format(
                'session_id %s is unknown or not visible to you', coalesce(visible_session.session_id::text, 'null')
            ),
            hint = 'Check the id; a session is visible to its audience, its participants, its mentor and managers.';
    end if;
    return v_session;
end
$$;
comment on function private.visible_session(uuid) is
    'The session, if the calling user may see it; else PT404, the same for unknown and invisible.';
revoke execute on function private.visible_session(uuid) from public;
