-- The one door of the API functions to a session: unknown and invisible get the same answer, so that nobody can probe
-- for ids. Security definer: called by definer functions, which row-level security would not stop; it says for one
-- session what the policy success_sessions_select says for all, and a test compares the two.
create function private.visible_session(session_id uuid)
returns public.success_sessions
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    select session.* into v_session
    from public.success_sessions as session
    where
        session.id = visible_session.session_id
        and (
            private.is_manager()
            or private.is_session_host(session)
            or private.is_session_learner(session, auth.uid())
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
