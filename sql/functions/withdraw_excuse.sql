-- Security definer: it is the API; it writes what the caller may only read.
create function public.withdraw_excuse(session_id uuid)
returns public.session_excuses
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_excuse public.session_excuses;
begin
    -- Whoever has asked may take it back, even if access has ended meanwhile.
    if exists (
        select from public.session_excuses as excuse
        where excuse.session_id = withdraw_excuse.session_id and excuse.student_id = auth.uid()
    ) then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = withdraw_excuse.session_id;
    end if;
    if v_session.id is null then
        v_session := private.visible_session(session_id);
        raise exception using
            errcode = 'PT409',
            message = 'you have not asked to be excused from this session',
            hint = 'There is nothing to take back.';
    end if;
    perform private.check_excuse_time(v_session);
    update public.session_excuses as excuse
    set status = 'withdrawn', updated_at = clock_timestamp()
    where excuse.session_id = v_session.id and excuse.student_id = auth.uid() and excuse.status <> 'withdrawn';
    select excuse.* into v_excuse
    from public.session_excuses as excuse
    where excuse.session_id = v_session.id and excuse.student_id = auth.uid();
    return v_excuse;
end
$$;
comment on function public.withdraw_excuse(uuid) is
    'Take back, before the session begins, the wish to be excused from it, decided or not. Safe to repeat. Errors: PT404 unknown or not visible; PT409 never asked, cancelled or begun.';
revoke execute on function public.withdraw_excuse(uuid) from public, anon, authenticated, service_role;
grant execute on function public.withdraw_excuse(uuid) to authenticated;
