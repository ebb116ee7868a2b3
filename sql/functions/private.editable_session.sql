create function private.editable_session(session_id uuid, scope text)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    if scope is null or scope not in ('this', 'following', 'all') then
        raise exception using
            errcode = '22023',
            message = format(
                'scope must be this, following or all, not %s', coalesce(quote_literal(left(scope, 60)), 'null')
            ),
            hint = 'Send this for the session, following for it and the later ones of its series, all for the series.';
    end if;
    v_session := private.visible_session(session_id);
    if private.is_manager() then
        null;
    elsif not private.is_session_host(v_session) then
        raise exception using
            errcode = '42501',
            message = 'only managers and its mentor may change a session',
            hint = 'Ask a manager.';
    elsif scope <> 'this' and v_session.series_id is not null and not exists (
        select from public.session_series as series
        where series.id = v_session.series_id and series.mentor_id = auth.uid()
    ) then
        raise exception using
            errcode = '42501',
            message = 'only managers and the mentor of a series may change its other sessions',
            hint = 'Send scope this, or ask a manager.';
    end if;
    if scope <> 'this' and v_session.series_id is null then
        raise exception using
            errcode = '22023',
            message = format('scope %s needs a session of a series', scope),
            detail = format('session %s stands alone', v_session.id),
            hint = 'Send scope this.';
    end if;
    return v_session;
end
$$;
comment on function private.editable_session(uuid, text) is
    'The session, if the calling user may change it, or with scope following or all its series; else PT404 unknown or not visible, 42501 not allowed, 22023 no such scope or no series.';
revoke execute on function private.editable_session(uuid, text) from public;
