create function private.check_session_staff(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (private.is_session_host(session) or private.is_manager()) then
        raise exception using
            errcode = '42501',
            message = 'only the host of a session and managers may do this',
            hint = 'Ask the host.';
    end if;
end
$$;
comment on function private.check_session_staff(public.success_sessions) is
    'Refuses with 42501 a caller who is neither the session''s host nor a manager.';
revoke execute on function private.check_session_staff(public.success_sessions) from public;
