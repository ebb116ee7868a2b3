-- Who may ask for explanations, and of what: managers, and the database's owner, who has no auth.uid() and would see no
-- session by private.visible_session; of sessions and users that exist. Security invoker: those who call it are
-- definers.
create function private.explained_session(session_id uuid, user_id uuid)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    if not private.is_owner_login() and not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may ask why somebody sees a session or was told of it',
            hint = 'Ask an enrollment manager or an admin.';
    end if;
    select session.* into v_session
    from public.success_sessions as session
    where session.id = explained_session.session_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('session_id %s is unknown', coalesce(explained_session.session_id::text, 'null')),
            hint = 'Send the id of a row of success_sessions.';
    end if;
    if not exists (select from public.profiles as profile where profile.id = explained_session.user_id) then
        raise exception using
            errcode = 'PT404',
            message = format('user_id %s is unknown', coalesce(explained_session.user_id::text, 'null')),
            hint = 'Send the id of a row of profiles.';
    end if;
    return v_session;
end
$$;
comment on function private.explained_session(uuid, uuid) is
    'The session, for a manager or the database''s owner who asks about a user. Errors: 42501 for everybody else; PT404 unknown session or user.';
revoke execute on function private.explained_session(uuid, uuid) from public;
