-- Security definer: it is the API; it writes presence, which the caller may not touch.
create function public.leave_session(session_id uuid)
returns public.session_attendance
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_attendance public.session_attendance;
begin
    -- Whoever joined may leave, even if access has ended meanwhile.
    if exists (
        select from private.presence_events as event
        where event.session_id = leave_session.session_id and event.user_id = auth.uid()
    ) then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = leave_session.session_id;
    end if;
    if v_session.id is null then
        v_session := private.visible_session(session_id);
        raise exception using
            errcode = 'PT409',
            message = 'you have not joined this session',
            hint = 'Call join_session first; hosts and managers have no attendance to end.';
    end if;

    if v_session.status <> 'completed' then
        perform private.note_presence(v_session, auth.uid(), 'leave');
    end if;
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where attendance.session_id = v_session.id and attendance.student_id = auth.uid();
    return v_attendance;
end
$$;
comment on function public.leave_session(uuid) is
    'Leave a session: closes the caller''s open presence and answers the attendance so far. Safe to repeat. Errors: PT404 unknown or not visible; PT409 never joined.';
revoke execute on function public.leave_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.leave_session(uuid) to authenticated;
