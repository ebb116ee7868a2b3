-- A booked session bears the student's name in its title and their note in its description; the outbox and the audit
-- log remember both.
create function private.erase_bookings(student_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids constant uuid[] := array(
        select session.id
        from public.success_sessions as session
        inner join public.session_bookings as booking on session.id = booking.session_id
        where booking.student_id = erase_bookings.student_id
        order by session.id
        for no key update of session
    );
begin
    update public.success_sessions as session
    set status = 'cancelled', cancel_reason = 'The student has left.'
    where session.id = any(v_session_ids) and session.status = 'upcoming' and session.start_time > clock_timestamp();
    update public.success_sessions as session
    set title = offer.title, description = offer.description
    from public.session_bookings as booking
    inner join public.booking_offers as offer on booking.offer_id = offer.id
    where
        session.id = any(v_session_ids)
        and booking.session_id = session.id
        and (session.title, session.description) is distinct from (offer.title, offer.description);
    update notifier.events as event
    set
        old = event.old || jsonb_build_object('title', session.title, 'description', session.description),
        new = event.new || jsonb_build_object('title', session.title, 'description', session.description)
    from public.success_sessions as session
    where
        session.id = any(v_session_ids)
        and event.session_id = session.id
        and (
            (event.new ->> 'title', event.new ->> 'description')
            is distinct from (session.title, session.description)
            or event.old is not null
            and (event.old ->> 'title', event.old ->> 'description')
            is distinct from (session.title, session.description)
        );
    update public.audit_log as entry
    set old = null, new = null, reason = null
    where entry.session_id = any(v_session_ids) and num_nonnulls(entry.old, entry.new, entry.reason) > 0;
end
$$;
comment on function private.erase_bookings(uuid) is
    'Calls off the coming sessions that a student booked, and takes their name and notes out of all of them.';
revoke execute on function private.erase_bookings(uuid) from public;
