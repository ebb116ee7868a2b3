-- Gives free seats to those who wait, in the order they came. The caller holds the sessions' row locks: under these all
-- seats of a session are given and taken one change after the other. Nobody waits who has no access any more, see
-- private.release_seats. Once a session has begun, whoever is told of a seat could only be late, so nobody moves up.
create function private.promote_waitlist(session_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_promoted record;
begin
    for v_promoted in
        with promoted as (
            update public.session_registrations as registration
            set status = 'registered', updated_at = clock_timestamp()
            from public.success_sessions as session
            cross join lateral (
                select waiting.student_id
                from public.session_registrations as waiting
                where waiting.session_id = session.id and waiting.status = 'waitlisted'
                order by waiting.queued_at, waiting.student_id
                limit private.seats_left(session.id, session.capacity) -- null, unlimited: all
            ) as next
            where
                session.id = any(session_ids)
                and session.status = 'upcoming'
                and session.start_time > clock_timestamp()
                and registration.session_id = session.id
                and registration.student_id = next.student_id
            returning session.id as session_id, registration.student_id, registration.queued_at
        )
        select
            promoted.session_id,
            array_agg(promoted.student_id order by promoted.queued_at, promoted.student_id) as student_ids
        from promoted
        group by promoted.session_id
        order by promoted.session_id
    loop
        perform notifier.tell_registration(v_promoted.session_id, v_promoted.student_ids, 'waitlist_promoted');
    end loop;
end
$$;
comment on function private.promote_waitlist(uuid[]) is
    'Gives the free seats of those of these sessions that have not begun, whose rows the caller has locked, to their waitlists in order, and tells each student promoted.';
revoke execute on function private.promote_waitlist(uuid[]) from public;
