-- Security definer: it is the API; the two columns are written by it and report_link_failure alone.
create function public.withdraw_link_failure(session_id uuid)
returns public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.lock_run_session(session_id);
begin
    if v_session.link_failed_at is not null then
        update public.success_sessions as session
        set link_failed_at = null, link_failure_note = null
        where session.id = v_session.id
        returning session.* into v_session;
    end if;
    return v_session;
end
$$;
comment on function public.withdraw_link_failure(uuid) is
    'The meeting''s link works again: everybody is led to it as before report_link_failure, and told by mail if they were told of the failure. Host and managers; safe to repeat. Errors: PT404 unknown or not visible; 42501 for everybody else; PT409 over or cancelled.';
revoke execute on function public.withdraw_link_failure(uuid) from public, anon, authenticated, service_role;
grant execute on function public.withdraw_link_failure(uuid) to authenticated;
