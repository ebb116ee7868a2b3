-- Security definer: it is the API; it reads Vault and writes the audit log, which the caller may not touch.
create function public.session_credentials(session_id uuid)
returns public.session_credential_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_details public.session_credential_details;
begin
    if not (private.is_session_host(v_session) or private.is_manager()) then
        raise exception using
            errcode = '42501',
            message = 'only the host and managers may read the credentials of a session',
            hint = 'Students enter with join_session.';
    end if;

    perform private.audit_reveal('session_credentials', 'success_sessions', v_session.id);

    v_details.session_id := v_session.id;
    v_details.platform := v_session.platform;
    v_details.link := coalesce(private.get_session_secret('success_sessions', v_session.id, 'link'), v_session.link);
    v_details.backup_link := coalesce(
        private.get_session_secret('success_sessions', v_session.id, 'backup_link'), v_session.backup_link
    );
    v_details.zoom_meeting_id := v_session.zoom_meeting_id;
    v_details.passcode := private.get_session_secret('success_sessions', v_session.id, 'zoom_passcode');
    v_details.host_link := private.get_session_secret('success_sessions', v_session.id, 'host_link');
    return v_details;
end
$$;
comment on function public.session_credentials(uuid) is
    'The links, passcode and host link of a session, for its host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else. Each call is written to the audit log.';
revoke execute on function public.session_credentials(uuid) from public, anon, authenticated, service_role;
grant execute on function public.session_credentials(uuid) to authenticated;
