-- Security definer: it is the API; whether a mentor is busy is worked out from sessions that the caller may not see.
create function public.bookable_slots(
    offer_id uuid default null,
    mentor_id uuid default null,
    from_time timestamptz default null,
    to_time timestamptz default null,
    session_id uuid default null
)
returns setof public.bookable_slot
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_days_without_end constant integer := 28;
    c_most_days constant integer := 62;
    v_now timestamptz := clock_timestamp();
    v_from timestamptz := coalesce(from_time, v_now);
    v_to timestamptz;
    v_timezone text := private.my_timezone();
    v_keys uuid[] := private.my_offer_keys();
    v_audience_keys uuid[] := private.my_audience_keys();
    v_hosts_from uuid := private.my_hosts_from();
    v_hosts_to uuid := private.my_hosts_to();
    v_booking public.session_bookings;
    v_offer_ids uuid[];
begin
    if not isfinite(v_from) or v_from >= timestamptz '9999-01-01 00:00+00' then
        raise exception using
            errcode = '22023',
            message = 'from_time must be an instant before the year 9999',
            hint = 'Send one, or leave it out for now.';
    end if;
    v_to := coalesce(to_time, v_from + make_interval(days => c_days_without_end));
    if not isfinite(v_to) or v_to <= v_from then
        raise exception using
            errcode = '22023',
            message = 'to_time must be after from_time',
            hint = format('Send a later instant, or leave it out for %s days.', c_days_without_end);
    elsif v_to > v_from + make_interval(days => c_most_days) then
        raise exception using
            errcode = '22023',
            message = format('to_time must be at most %s days after from_time', c_most_days),
            hint = 'Ask for one period after the other.';
    end if;
    v_from := greatest(v_from, v_now);

    if session_id is not null then
        v_booking := private.own_booking(session_id);
        -- No offer, and so no slot, if move_booking would refuse every slot.
        v_offer_ids := array(
            select offer.id
            from public.booking_offers as offer
            inner join public.success_sessions as session on offer.mentor_id = session.mentor_id
            where
                offer.id = v_booking.offer_id
                and session.id = v_booking.session_id
                and session.status = 'upcoming'
                and session.start_time - make_interval(mins => v_booking.change_notice_minutes) >= v_now
                and private.is_offered_to(offer, auth.uid())
        );
    elsif offer_id is not null then
        v_offer_ids := array[(private.visible_offer(offer_id)).id];
    else
        -- The condition of the policy booking_offers_select_audience_mentor_or_manager.
        v_offer_ids := array(
            select offer.id
            from public.booking_offers as offer
            where offer.audience_key = any(v_keys) or offer.mentor_id between v_hosts_from and v_hosts_to
        );
    end if;

    return query
    with
    -- The caller's cohort sessions, which a slot may overlap.
    cohort as materialized (
        select
            session.id,
            tstzrange(session.start_time, session.end_time) as during
        from public.success_sessions as session
        where
            session.audience_key = any(v_audience_keys)
            and session.start_time > v_from - interval '24 hours'
            and session.start_time < v_to + interval '8 hours'
            and session.status in ('upcoming', 'live')
    )
    select
        offer.id,
        offer.mentor_id,
        mentor.full_name,
        offer.title,
        slot.start_time,
        slot.end_time,
        offer.timezone,
        slot.start_time at time zone v_timezone,
        slot.end_time at time zone v_timezone,
        v_timezone,
        array(
            select cohort.id
            from cohort
            where cohort.during && tstzrange(slot.start_time, slot.end_time)
            order by cohort.id
        )
    from public.booking_offers as offer
    inner join public.profiles as mentor on offer.mentor_id = mentor.id
    cross join lateral private.offer_slots(
        offer,
        case when offer.mentor_id <> auth.uid() and private.is_offered_to(offer, auth.uid()) then auth.uid() end,
        v_from,
        least(v_to, v_now + make_interval(days => offer.booking_horizon_days)),
        bookable_slots.session_id
    ) as slot
    where
        offer.id = any(v_offer_ids)
        and offer.is_active
        -- `is not distinct from` keeps Postgres from an index search, whose time would tell how many offers the mentor
        -- makes to others.
        and (bookable_slots.mentor_id is null or offer.mentor_id is not distinct from bookable_slots.mentor_id)
        and slot.refusal is null
    order by slot.start_time, offer.id;
end
$$;
comment on function public.bookable_slots(uuid, uuid, timestamptz, timestamptz, uuid) is
    'The free slots of one offer, of one mentor, or of everybody who offers any to the caller, from from_time (now) to to_time (28 days later; at most 62): exactly those that book_slot accepts from a student. With session_id: those that move_booking accepts for this booking, none once it cannot be moved. Errors: PT404 offer or session unknown or not visible; 42501 not the caller''s booking; 22023 bad period.';
revoke execute on function public.bookable_slots(uuid, uuid, timestamptz, timestamptz, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.bookable_slots(uuid, uuid, timestamptz, timestamptz, uuid) to authenticated;
