-- Security definer: it is the API; it writes what the caller may only read.
create function public.request_excuse(session_id uuid, reason text)
returns public.session_excuses
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_excuse public.session_excuses;
begin
    if not private.is_session_learner(v_session, auth.uid()) then
        raise exception using
            errcode = '42501',
            message = 'only those who take part in a session as students are excused from it',
            hint = 'A mentor who cannot come asks a manager for another host.';
    end if;
    if coalesce(btrim(request_excuse.reason), '') = '' then
        raise exception using
            errcode = '22023',
            message = 'reason must not be blank',
            hint = 'Say why you cannot come.';
    end if;
    perform private.check_excuse_time(v_session);

    insert into public.session_excuses as excuse (session_id, student_id, reason)
    values (v_session.id, auth.uid(), btrim(request_excuse.reason))
    on conflict on constraint session_excuses_pkey do update set
        status = 'requested',
        reason = excluded.reason,
        decided_by = null,
        decided_at = null,
        decision_note = null,
        updated_at = clock_timestamp()
    -- A decision stands, unless the student has taken the wish back since.
    where excuse.status in ('requested', 'withdrawn')
    returning * into v_excuse;
    if not found then
        select excuse.* into v_excuse
        from public.session_excuses as excuse
        where excuse.session_id = v_session.id and excuse.student_id = auth.uid();
    end if;
    return v_excuse;
end
$$;
comment on function public.request_excuse(uuid, text) is
    'Ask, before the session begins, to be excused from it; the host or a manager decides. Safe to repeat, with another reason too; a decision stands. Errors: PT404 unknown or not visible; 42501 for host and managers; 22023 no reason, or more than 1,000 characters; PT409 cancelled or begun.';
revoke execute on function public.request_excuse(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.request_excuse(uuid, text) to authenticated;
