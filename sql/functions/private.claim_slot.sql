-- From here to the end of the transaction the slot is this student's: writers for one mentor take turns, and so do the
-- requests of one student, whose enrollments the caller has locked. Answers the offer as it is now.
-- What is against the slot is said in full where it is the student's own business. What the mentor does instead is not.
create function private.claim_slot(
    offer public.booking_offers,
    start_time timestamptz,
    moved_session_id uuid default null
)
returns private.slot_claim
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claimed public.booking_offers;
    v_slot record;
    v_clash public.success_sessions;
begin
    if start_time is null or extract(year from start_time) not between 1900 and 9998 then
        raise exception using
            errcode = '22023',
            message = 'start_time is not a time to start at',
            hint = 'Send the start_time of one of bookable_slots.';
    end if;

    -- Limits are counted under a turn of their own, because private.take_mentor_turn may go on without the mentor's: a
    -- constraint keeps sessions from overlapping, but none keeps the limits.
    perform private.take_turn('bookings/' || offer.mentor_id);
    perform private.take_mentor_turn(offer.mentor_id);
    -- The role is locked before the offer: whoever takes the role away has locked it, and goes on to withdraw the
    -- offers. (The session that is inserted locks the role, too, but only after the offer.)
    perform from public.user_roles as held
    where held.user_id = offer.mentor_id and held.role = 'mentor'
    for key share;
    select current.* into v_claimed
    from public.booking_offers as current
    where current.id = offer.id
    for share;
    if v_claimed.is_active is not true then
        raise exception using
            errcode = 'PT409',
            message = 'this offer has been withdrawn',
            hint = 'Choose another offer from booking_offers; a booking made through it can still be cancelled.';
    end if;

    select slot.* into v_slot
    from private.offer_slots(
        v_claimed,
        auth.uid(),
        claim_slot.start_time,
        claim_slot.start_time + interval '1 microsecond',
        moved_session_id
    ) as slot;
    if v_slot.end_time is null then
        raise exception using
            errcode = '22023',
            message = format('start_time %s is not the start of a slot of this offer', private.utc_text(start_time)),
            hint = 'Send the start_time of one of bookable_slots.';
    end if;

    case v_slot.refusal
        when 'notice' then
            raise exception using
                errcode = 'PT409',
                message = 'it is too late to book this slot',
                detail = 'it could be booked until ' || private.utc_text(
                    start_time - make_interval(mins => v_claimed.booking_notice_minutes)
                ),
                hint = 'Choose a later one of bookable_slots.';
        when 'horizon' then
            raise exception using
                errcode = 'PT409',
                message = 'it is too early to book this slot',
                detail = 'it can be booked from ' || private.utc_text(
                    start_time - make_interval(days => v_claimed.booking_horizon_days)
                ),
                hint = 'Choose an earlier one of bookable_slots, or come back then.';
        when 'taken' then
            perform private.refuse_clash(
                'this slot is not free any more', null, 'Choose another one of bookable_slots.'
            );
        when 'max_per_day' then
            raise exception using
                errcode = 'PT409',
                message = 'the mentor takes no more bookings on that day',
                hint = 'Choose one of bookable_slots on another day.';
        when 'max_open_per_student' then
            raise exception using
                errcode = 'PT409',
                message = 'you have as many open bookings of this offer as it allows',
                detail = 'max_open_per_student is ' || v_claimed.max_open_per_student,
                hint = 'Move or cancel one with move_booking or cancel_booking, or wait until it is over.';
        when 'max_per_student_week' then
            raise exception using
                errcode = 'PT409',
                message = 'you have as many bookings of this offer in that week as it allows',
                detail = 'max_per_student_week is ' || v_claimed.max_per_student_week,
                hint = 'Choose one of bookable_slots in another week.';
        when 'max_per_student_month' then
            raise exception using
                errcode = 'PT409',
                message = 'you have as many bookings of this offer in that month as it allows',
                detail = 'max_per_student_month is ' || v_claimed.max_per_student_month,
                hint = 'Choose one of bookable_slots in another month.';
        when 'committed' then
            select session.* into v_clash
            from public.session_participants as participant
            inner join public.success_sessions as session on participant.session_id = session.id
            where
                participant.user_id = auth.uid()
                and session.status in ('upcoming', 'live')
                and session.start_time < v_slot.end_time
                and session.end_time > claim_slot.start_time
                and session.id is distinct from moved_session_id
            order by session.start_time
            limit 1;
            perform private.refuse_clash(
                'you are invited to another session at that time',
                format(
                    'clash with %s, session %s, from %s to %s',
                    quote_literal(v_clash.title), v_clash.id,
                    private.utc_text(v_clash.start_time), private.utc_text(v_clash.end_time)
                ),
                'Choose another one of bookable_slots, or move the other session first.'
            );
        else null;
    end case;
    return row(v_claimed, v_slot.end_time)::private.slot_claim;
end
$$;
comment on function private.claim_slot(public.booking_offers, timestamptz, uuid) is
    'Takes the mentor''s turn and answers the offer as it is now and the slot''s end, if the calling student may book the slot (or move this booking to it); else refuses: 22023 no slot, PT409 too late, too early, withdrawn or over a limit, 23P01 taken or clashing with a session of their own.';
revoke execute on function private.claim_slot(public.booking_offers, timestamptz, uuid) from public;
