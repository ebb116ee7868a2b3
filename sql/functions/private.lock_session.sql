create function private.lock_session(session_id uuid)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.success_sessions as session
    where session.id = lock_session.session_id
    for no key update;
    -- Whose it was may have changed while this was waiting, as may whether there is such a session.
    return private.editable_session(lock_session.session_id, 'this');
end
$$;
comment on function private.lock_session(uuid) is
    'Locks a session that private.editable_session has answered, and answers it as it is now, if it is still the caller''s to change.';
revoke execute on function private.lock_session(uuid) from public;
