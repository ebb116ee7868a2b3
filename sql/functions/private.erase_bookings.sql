-- A booked session bears the student's name in its title, their note in its description and often their words in the
-- reason it was cancelled for; the outbox and the audit log remember all three, also of a session since deleted, and so
-- does a series that has left out a date because of it. Its recordings may bear the title, too.
create function private.erase_bookings(student_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    c_reason constant text := 'The student has left.';
    v_session_ids constant uuid[] := array(
        select session.id
        from public.success_sessions as session
        inner join public.session_bookings as booking on session.id = booking.session_id
        where booking.student_id = erase_bookings.student_id
        order by session.id
        for no key update of session
    );
    -- Sessions deleted since. Nothing says any more that they were booked, so these are all deleted one-to-one meetings
    -- that the student was invited to.
    v_deleted_ids constant uuid[] := array(
        select distinct invited.session_id
        from public.audit_log as invited
        inner join public.audit_log as gone on invited.session_id = gone.session_id
        where
            invited.user_id = erase_bookings.student_id
            and invited.table_name = 'session_participants'
            and gone.table_name = 'success_sessions'
            and gone.action = 'delete'
            and gone.old ->> 'session_type' = 'mentorship'
    );
begin
    update public.success_sessions as session
    set status = 'cancelled', cancel_reason = c_reason
    where session.id = any(v_session_ids) and session.status = 'upcoming' and session.start_time > clock_timestamp();
    update public.success_sessions as session
    set
        title = offer.title,
        description = offer.description,
        cancel_reason = case when session.cancel_reason is not null then c_reason end
    from public.session_bookings as booking
    inner join public.booking_offers as offer on booking.offer_id = offer.id
    where
        session.id = any(v_session_ids)
        and booking.session_id = session.id
        and (
            (session.title, session.description) is distinct from (offer.title, offer.description)
            or session.cancel_reason <> c_reason
        );
    -- Platforms name a recording after the meeting, and that was named after the session.
    update public.session_recordings as recording
    set title = null
    where recording.session_id = any(v_session_ids) and recording.title is not null;
    update notifier.events as event
    set old = event.old || known.old, new = event.new || known.new
    from (
        select
            listed.id,
            words.content || jsonb_build_object(
                'cancel_reason', case when listed.old ->> 'cancel_reason' is not null then c_reason end
            ) as old,
            words.content || jsonb_build_object(
                'cancel_reason', case when listed.new ->> 'cancel_reason' is not null then c_reason end
            ) as new
        from notifier.events as listed
        left join public.success_sessions as session on listed.session_id = session.id
        cross join lateral (
            select
                jsonb_build_object(
                    'title', coalesce(session.title, 'Meeting'), 'description', session.description
                ) as content
        ) as words
        where listed.session_id = any(v_session_ids || v_deleted_ids)
    ) as known
    where event.id = known.id and not (event.new @> known.new and coalesce(event.old @> known.old, true));
    update public.series_skips as skip
    set detail = 'clash with a meeting of somebody who has left'
    from unnest(v_session_ids || v_deleted_ids) as erased (session_id)
    where strpos(skip.detail, erased.session_id::text) > 0;
    update public.audit_log as entry
    set old = null, new = null, reason = null
    where
        entry.session_id = any(v_session_ids || v_deleted_ids)
        and num_nonnulls(entry.old, entry.new, entry.reason) > 0;
end
$$;
comment on function private.erase_bookings(uuid) is
    'Calls off the coming sessions that a student booked, and takes their name, notes and reasons out of all of them.';
revoke execute on function private.erase_bookings(uuid) from public;
