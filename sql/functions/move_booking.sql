-- Security definer: it is the API; a student may change no session by other means.
create function public.move_booking(session_id uuid, start_time timestamptz)
returns public.booking_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_booking public.session_bookings := private.own_booking(session_id);
    v_session public.success_sessions;
    v_offer public.booking_offers;
    v_end_time timestamptz;
begin
    perform private.lock_enrollments(auth.uid());
    v_session := private.lock_booked_session(v_booking);
    if v_session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            message = 'this booking was cancelled',
            detail = coalesce(v_session.cancel_reason, 'no reason was given'),
            hint = 'Book another slot.';
    end if;
    if v_session.start_time = start_time then
        return private.booking_details(v_session.id);
    end if;

    select offer.* into v_offer from public.booking_offers as offer where offer.id = v_booking.offer_id;
    if v_session.mentor_id is distinct from v_offer.mentor_id then
        raise exception using
            errcode = 'PT409',
            message = 'this session has another host now, whose slots these are not',
            hint = 'Ask the host for another time, or cancel it and book another slot.';
    elsif not private.is_offered_to(v_offer, auth.uid()) then
        raise exception using
            errcode = 'PT409',
            message = 'this offer is no longer made to you',
            hint = 'Cancel the booking and choose another offer.';
    end if;
    v_end_time := (private.claim_slot(v_offer, start_time, v_session.id)).end_time;

    begin
        update public.success_sessions as session
        set start_time = move_booking.start_time, end_time = v_end_time
        where session.id = v_session.id;
    exception
        -- The refusal names what the mentor or an account hosts then, which a student may not read.
        when exclusion_violation or sqlstate 'PGRST' then
            perform private.refuse_clash(
                'this slot is not free any more', null, 'Choose another one of bookable_slots.'
            );
    end;
    return private.booking_details(v_session.id);
end
$$;
comment on function public.move_booking(uuid, timestamptz) is
    'Move the caller''s own booking to another free slot of the same offer, up to change_notice_minutes before it; both are told by mail. Safe to repeat. Errors: PT404 unknown or not visible; 42501 not the caller''s booking; PT409 begun, cancelled, too late, withdrawn or over a limit; 22023 not the start of a slot; 23P01 not free any more, or the caller is invited elsewhere at that time.';
revoke execute on function public.move_booking(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.move_booking(uuid, timestamptz) to authenticated;
