create function private.check_marking(session public.success_sessions, is_in_advance boolean)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            message = 'this session was cancelled',
            detail = coalesce(session.cancel_reason, 'no reason was given'),
            hint = 'Nobody was expected there.';
    end if;
    if is_in_advance is not true
        and session.status = 'upcoming'
        and clock_timestamp() < private.join_opens_at(session.start_time)
    then
        raise exception using
            errcode = 'PT409',
            message = 'nobody can have been there yet',
            detail = 'joining opens at ' || private.utc_text(private.join_opens_at(session.start_time)),
            hint = 'Until then mark_attendance takes excused only.';
    end if;
end
$$;
comment on function private.check_marking(public.success_sessions, boolean) is
    'Refuses with PT409 marks in a session that is cancelled, or, unless they are made in advance, not open yet.';
revoke execute on function private.check_marking(public.success_sessions, boolean) from public;
