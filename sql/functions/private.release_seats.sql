-- Takes seats and waiting places from those who take part no longer, and gives the seats to those who wait. The
-- sessions are locked in order of their ids, as by everybody who locks several. What a student lost was committed or
-- is being written by the caller; what is read after the locks is how it stands then.
create function private.release_seats(session_ids uuid[], student_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_session_ids uuid[] := array(select distinct unnest(session_ids));
begin
    perform from public.success_sessions as session
    where session.id = any(v_session_ids)
    order by session.id
    for no key update;
    update public.session_registrations as registration
    set status = 'cancelled', updated_at = clock_timestamp()
    from unnest(session_ids, student_ids) as concerned (session_id, student_id)
    inner join public.success_sessions as session on concerned.session_id = session.id
    where
        registration.session_id = concerned.session_id
        and registration.student_id = concerned.student_id
        and registration.status in ('registered', 'waitlisted')
        and not private.is_session_learner(session, registration.student_id);
    if found then
        perform private.promote_waitlist(v_session_ids);
    end if;
end
$$;
comment on function private.release_seats(uuid[], uuid[]) is
    'Cancels those of these registrations (session and student by position) whose students take part no longer, and promotes the waitlists.';
revoke execute on function private.release_seats(uuid[], uuid[]) from public;
