-- A booking lives as long as the student is among those its offer is made to: access ends at once with the enrollment,
-- the meeting is called off, and both are told. A meeting that has begun is left to end.
-- Security definer: whoever ends an enrollment need not be able to change sessions.
create function private.end_bookings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids uuid[];
begin
    v_session_ids := array(
        select session.id
        from public.success_sessions as session
        where
            session.id in (
                select booking.session_id
                from ended
                inner join public.session_bookings as booking on ended.student_id = booking.student_id
                inner join public.booking_offers as offer on booking.offer_id = offer.id
                where ended.status = 'active' and not private.is_offered_to(offer, booking.student_id)
            )
            and session.status = 'upcoming'
            and session.start_time > clock_timestamp()
    );
    if cardinality(v_session_ids) = 0 then
        return null;
    end if;
    -- Invitations, then sessions: those that are called off, and with them those in which the trigger
    -- release_seats_of_the_unenrolled will give seats back. If each trigger locked its own in the order of ids, all
    -- together would not be in that order.
    perform from public.session_participants as participant
    where participant.session_id = any(v_session_ids)
    order by participant.session_id, participant.user_id
    for update;
    perform from public.success_sessions as session
    where
        session.id = any(v_session_ids)
        or session.id = any(
            array(
                select seat.session_id
                from private.seats_ahead(
                    array(select distinct ended.student_id from ended where ended.status = 'active'),
                    array(
                        select distinct private.audience_key(ended.course_id, ended.batch_id)
                        from ended
                        where ended.status = 'active'
                    )
                ) as seat
            )
        )
    order by session.id
    for no key update;
    -- As they are now that nobody else can change them.
    v_session_ids := array(
        select session.id
        from public.success_sessions as session
        where
            session.id = any(v_session_ids)
            and session.status = 'upcoming'
            and session.start_time > clock_timestamp()
    );
    update public.success_sessions as session
    set status = 'cancelled', cancel_reason = 'The enrollment that it was booked with has ended.'
    where session.id = any(v_session_ids);
    delete from public.session_participants as participant
    using public.session_bookings as booking
    where
        participant.session_id = any(v_session_ids)
        and booking.session_id = participant.session_id
        and booking.student_id = participant.user_id;
    return null;
end
$$;
comment on function private.end_bookings() is
    'Cancels the coming sessions that students booked through offers which are no longer made to them, and takes their invitation back.';
revoke execute on function private.end_bookings() from public;

create trigger end_bookings_changed
after update on public.course_enrollments
referencing old table as ended
for each statement execute function private.end_bookings();

create trigger end_bookings_removed
after delete on public.course_enrollments
referencing old table as ended
for each statement execute function private.end_bookings();
