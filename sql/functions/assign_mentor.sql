-- Security invoker: policies and triggers say the rest, as they do for an update of the table.
create function public.assign_mentor(session_id uuid, mentor_id uuid)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_status public.session_status;
begin
    if not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may assign mentors',
            hint = 'Ask a manager.';
    end if;

    select session.* into v_session
    from public.success_sessions as session
    where session.id = assign_mentor.session_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('session_id %s is unknown', coalesce(assign_mentor.session_id::text, 'null')),
            hint = 'Check the id.';
    end if;

    v_status := private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time);
    if v_status in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('the session is %s; its mentor is final', v_status),
            detail = 'session ' || v_session.id,
            hint = 'Create a new session.';
    end if;

    update public.success_sessions as session
    set mentor_id = assign_mentor.mentor_id
    where session.id = v_session.id
    returning session.* into v_session;
    return v_session;
end
$$;
comment on function public.assign_mentor(uuid, uuid) is
    'Gives a session that is not over to a mentor; null leaves it without one. Answers the session. Safe to repeat. Managers only. Errors: 42501; PT404 unknown; PT409 over or cancelled; 22023 not a mentor; 23P01 (409) the mentor hosts another session then or too close to it, or has time off, named in the detail.';
revoke execute on function public.assign_mentor(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.assign_mentor(uuid, uuid) to authenticated;
