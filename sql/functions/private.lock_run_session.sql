-- The door of what only host and managers do to a session that is not over; its row is locked, and as it is now.
create function private.lock_run_session(session_id uuid)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_status public.session_status;
begin
    perform private.check_session_staff(v_session);
    select session.* into v_session
    from public.success_sessions as session
    where session.id = v_session.id
    for no key update;
    v_status := private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time);
    if v_status in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('this session is %s', case v_status when 'completed' then 'over' else v_status::text end),
            hint = 'This can be done until a session ends.';
    end if;
    return v_session;
end
$$;
comment on function private.lock_run_session(uuid) is
    'The session, locked until the transaction ends, for its host and managers; PT404 not visible, 42501 for others, PT409 over or cancelled.';
revoke execute on function private.lock_run_session(uuid) from public;
