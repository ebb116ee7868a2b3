-- Security definer: it is the API; the two columns are written by it alone.
create function public.report_link_failure(session_id uuid, note text default null)
returns public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.lock_run_session(session_id);
begin
    if v_session.backup_link is null then
        raise exception using
            errcode = 'PT409',
            message = 'this session has no backup link',
            hint = 'Change its link, or give it a backup_link first.';
    end if;
    if v_session.link_failed_at is null then
        update public.success_sessions as session
        set link_failed_at = clock_timestamp(), link_failure_note = nullif(btrim(report_link_failure.note), '')
        where session.id = v_session.id
        returning session.* into v_session;
    end if;
    return v_session;
end
$$;
comment on function public.report_link_failure(uuid, text) is
    'The meeting''s link does not work: everybody is led to backup_link at once, by join_session, the calendar and one mail, with the note (at most 500 characters). Host and managers; safe to repeat; withdraw_link_failure undoes it, and so does another link. Errors: PT404 unknown or not visible; 42501 for everybody else; PT409 no backup link, over or cancelled; 22023 the note is too long.';
revoke execute on function public.report_link_failure(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.report_link_failure(uuid, text) to authenticated;
