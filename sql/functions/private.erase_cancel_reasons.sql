-- What somebody gives as the reason is often about themselves: they are ill, they are leaving.
create function private.erase_cancel_reasons(user_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    c_nothing constant jsonb := jsonb_build_object('cancel_reason', null);
    v_session_ids uuid[];
    v_reasons text[];
begin
    -- Read once: the audit log forgets them below.
    select array_agg(given.session_id), array_agg(given.reason) into v_session_ids, v_reasons
    from private.given_cancel_reasons(user_id) as given;
    perform from public.success_sessions as session
    where session.id = any(v_session_ids)
    order by session.id
    for no key update;
    update public.success_sessions as session
    set cancel_reason = null
    from unnest(v_session_ids, v_reasons) as given (session_id, reason)
    where session.id = given.session_id and session.cancel_reason = given.reason;
    update notifier.events as event
    set old = event.old || c_nothing, new = event.new || c_nothing
    from unnest(v_session_ids, v_reasons) as given (session_id, reason)
    where
        event.session_id = given.session_id
        and given.reason in (event.old ->> 'cancel_reason', event.new ->> 'cancel_reason');
    update public.audit_log as entry
    set old = null, new = null, reason = null
    from unnest(v_session_ids, v_reasons) as given (session_id, reason)
    where
        entry.session_id = given.session_id
        and entry.table_name = 'success_sessions'
        and given.reason in (entry.old ->> 'cancel_reason', entry.new ->> 'cancel_reason');
end
$$;
comment on function private.erase_cancel_reasons(uuid) is
    'Takes what a user gave as the reason for cancelling out of the sessions, the outbox and the audit log.';
revoke execute on function private.erase_cancel_reasons(uuid) from public;
