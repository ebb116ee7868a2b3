-- Security definer: it is the API; a student may create no session by other means. It reads the meeting's link from
-- Vault, and the mentor's calendar.
create function public.book_slot(offer_id uuid, start_time timestamptz, note text default null)
returns public.booking_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offer public.booking_offers := private.visible_offer(offer_id);
    v_note text := nullif(btrim(note, E' \t\r\n'), '');
    v_name text;
    v_meeting jsonb;
    v_slot record;
    v_booked_id uuid;
    v_session_id uuid := gen_random_uuid();
begin
    perform private.lock_enrollments(auth.uid());
    if v_offer.mentor_id = auth.uid() or not private.is_offered_to(v_offer, auth.uid()) then
        -- If the enrollment has just ended, the offer is not even visible any more: PT404.
        perform private.visible_offer(offer_id);
        raise exception using
            errcode = '42501',
            message = 'only the students whom an offer is made to may book it',
            hint = 'Mentors and managers create the session and invite the student.';
    end if;
    -- Booked already: this is the second of two clicks.
    v_booked_id := (
        select booking.session_id
        from public.session_bookings as booking
        inner join public.success_sessions as session on booking.session_id = session.id
        where
            booking.student_id = auth.uid()
            and booking.offer_id = v_offer.id
            and session.start_time = book_slot.start_time
            and session.status = 'upcoming'
            and exists (
                select from public.session_participants as participant
                where participant.session_id = booking.session_id and participant.user_id = booking.student_id
            )
        limit 1
    );
    if v_booked_id is not null then
        return private.booking_details(v_booked_id);
    end if;

    v_slot := private.claim_slot(v_offer, start_time);
    v_offer := v_slot.claimed;

    v_meeting := private.offer_meeting(v_offer.id);
    v_name := (
        select btrim(regexp_replace(profile.full_name, '[[:cntrl:]]+', ' ', 'g'))
        from public.profiles as profile
        where profile.id = auth.uid()
    );
    begin
        insert into public.success_sessions (
            id, title, description, session_type, mentor_id, start_time, end_time, timezone, platform, link,
            backup_link, zoom_meeting_id, zoom_passcode
        )
        values (
            v_session_id,
            left(concat_ws(': ', v_offer.title, nullif(v_name, '')), 200),
            -- Cut, so that a note that is too long is refused below as a note, and not here as a description.
            nullif(concat_ws(E'\n\n', v_offer.description, left(v_note, 2000)), ''),
            'mentorship',
            v_offer.mentor_id,
            start_time,
            v_slot.end_time,
            v_offer.timezone,
            v_offer.platform,
            v_meeting ->> 'link',
            v_meeting ->> 'backup_link',
            v_meeting ->> 'zoom_meeting_id',
            v_meeting ->> 'zoom_passcode'
        );
    exception
        -- The refusal names what the mentor or an account hosts then, which a student may not read.
        when exclusion_violation or sqlstate 'PGRST' then
            perform private.refuse_clash(
                'this slot is not free any more', null, 'Choose another one of bookable_slots.'
            );
        when not_null_violation then
            raise exception using
                errcode = 'PT409',
                message = 'this offer has no place to meet at the moment',
                hint = 'Tell its mentor that the offer needs a link, and book again afterwards.';
    end;
    insert into public.session_bookings (session_id, offer_id, student_id, note, change_notice_minutes)
    values (v_session_id, v_offer.id, auth.uid(), v_note, v_offer.change_notice_minutes);
    insert into public.session_participants (session_id, user_id)
    values (v_session_id, auth.uid());
    return private.booking_details(v_session_id);
end
$$;
comment on function public.book_slot(uuid, timestamptz, text) is
    'Book a slot of a mentor''s offer: makes a one-to-one session with the caller as its participant; both are told by mail. Safe to repeat. note goes to the mentor, in the session''s description. Never two students in one slot, never over a limit. Errors: PT404 offer unknown or not visible; 42501 not offered to the caller; 22023 not the start of a slot; 23P01 not free any more, or the caller is invited elsewhere at that time; PT409 too late, too early, over a limit, or the offer has no place to meet.';
revoke execute on function public.book_slot(uuid, timestamptz, text) from public, anon, authenticated, service_role;
grant execute on function public.book_slot(uuid, timestamptz, text) to authenticated;
