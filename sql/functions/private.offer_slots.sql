-- The one place that says what the slots of an offer are and whether one can be booked: bookable_slots shows those that
-- nothing is against, booking says what is against one. Everything that is asked of a whole period is asked once.
create function private.offer_slots(
    offer public.booking_offers,
    student_id uuid,
    from_time timestamptz,
    to_time timestamptz,
    moved_session_id uuid default null
)
returns table (start_time timestamptz, end_time timestamptz, refusal text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = 'force_generic_plan'
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_window interval := make_interval(mins => offer.window_minutes);
    v_slot interval := make_interval(mins => offer.slot_minutes);
    v_buffer interval := make_interval(
        mins => (select settings.mentor_buffer_minutes from public.app_settings as settings)
    );
    v_step interval := make_interval(mins => offer.slot_minutes + offer.gap_minutes);
    v_open_hours tstzmultirange := private.open_hours(offer.mentor_id, from_time, to_time + v_slot);
    v_taken tstzmultirange;
    v_accounts uuid[] := private.booking_accounts(offer, moved_session_id);
    v_full_times tstzmultirange[];
    v_committed tstzmultirange;
    v_open integer;
    v_by_day jsonb;
    v_by_week jsonb;
    v_by_month jsonb;
begin
    v_taken := (
        select
            range_agg(
                case clash.reason
                    when 'time_off' then tstzrange(clash.start_time, clash.end_time)
                    else tstzrange(clash.start_time - v_buffer, clash.end_time + v_buffer)
                end
            )
        from private.mentor_clashes(
            offer.mentor_id, from_time, to_time + v_slot, array_remove(array[moved_session_id], null)
        ) as clash
    );

    if v_accounts is not null then
        v_full_times := private.full_account_times(v_accounts, from_time, to_time + v_slot, moved_session_id);
    end if;

    if offer.max_per_day is not null then
        v_by_day := (
            select jsonb_object_agg(load.day::text, load.bookings)
            from (
                select
                    (session.start_time at time zone offer.timezone)::date as day,
                    count(*) as bookings
                from public.success_sessions as session
                inner join public.session_bookings as booking on session.id = booking.session_id
                where
                    session.host_key = offer.mentor_id
                    and session.start_time >= from_time - interval '2 days'
                    and session.start_time < to_time + interval '2 days'
                    and session.status <> 'cancelled'
                    and session.id is distinct from moved_session_id
                group by day
            ) as load
        );
    end if;

    if student_id is not null then
        -- A booking does not count if its student is no longer invited to the session.
        with mine as materialized (
            select
                session.end_time > v_now and session.status in ('upcoming', 'live') as is_open,
                session.start_time at time zone offer.timezone as local_start
            from public.session_bookings as booking
            inner join public.success_sessions as session on booking.session_id = session.id
            where
                booking.student_id = offer_slots.student_id
                and booking.offer_id = offer.id
                and session.status <> 'cancelled'
                and session.id is distinct from moved_session_id
                and exists (
                    select from public.session_participants as participant
                    where participant.session_id = booking.session_id and participant.user_id = booking.student_id
                )
        )
        select
            (select count(*) from mine where mine.is_open),
            (
                select jsonb_object_agg(load.week::text, load.bookings)
                from (
                    select
                        date_trunc('week', mine.local_start)::date as week,
                        count(*) as bookings
                    from mine
                    group by week
                ) as load
            ),
            (
                select jsonb_object_agg(load.month::text, load.bookings)
                from (
                    select
                        date_trunc('month', mine.local_start)::date as month,
                        count(*) as bookings
                    from mine
                    group by month
                ) as load
            )
        into v_open, v_by_week, v_by_month;

        v_committed := (
            select range_agg(tstzrange(session.start_time, session.end_time))
            from public.session_participants as participant
            inner join public.success_sessions as session on participant.session_id = session.id
            where
                participant.user_id = offer_slots.student_id
                and session.status in ('upcoming', 'live')
                and session.start_time < to_time + v_slot
                and session.end_time > from_time
                and session.id is distinct from moved_session_id
        );
    end if;

    return query
    -- distinct: when clocks go forward, a window of a whole day reaches into the next one, and the two have slots in
    -- common.
    select distinct
        slot.start_time,
        slot.end_time,
        case
            when slot.start_time < v_now + make_interval(mins => offer.booking_notice_minutes) then 'notice'
            when slot.start_time > v_now + make_interval(days => offer.booking_horizon_days) then 'horizon'
            when slot.during && v_taken then 'taken'
            when not v_open_hours @> slot.during then 'taken'
            when
                not exists (
                    select from unnest(v_full_times) as account (full_times)
                    where not slot.during && account.full_times
                )
                and v_accounts is not null
                then 'taken'
            when (v_by_day ->> slot.local_start::date::text)::integer >= offer.max_per_day then 'max_per_day'
            when v_open >= offer.max_open_per_student then 'max_open_per_student'
            when (v_by_week ->> date_trunc('week', slot.local_start)::date::text)::integer >= offer.max_per_student_week
                then 'max_per_student_week'
            when
                (v_by_month ->> date_trunc('month', slot.local_start)::date::text)::integer
                >= offer.max_per_student_month
                then 'max_per_student_month'
            when slot.during && v_committed then 'committed'
        end
    from private.expand_rrule(
        offer.rrule, offer.start_time, offer.timezone, null, from_time - v_window, to_time
    ) as opening
    cross join lateral (
        select
            cut.start_time,
            cut.start_time + v_slot as end_time,
            tstzrange(cut.start_time, cut.start_time + v_slot) as during,
            cut.start_time at time zone offer.timezone as local_start
        from generate_series(
            opening.start_time, opening.start_time + v_window - v_slot, v_step
        ) as cut (start_time)
    ) as slot
    where
        opening.local_start::date <> all(offer.exdates)
        and slot.start_time >= from_time
        and slot.start_time < to_time
    order by slot.start_time;
end
$$;
comment on function private.offer_slots(public.booking_offers, uuid, timestamptz, timestamptz, uuid) is
    'The slots of an offer that start in the period, and what is against booking each: null for nothing, else notice, horizon, taken, max_per_day, or, of the student (null: nobody in particular), max_open_per_student, max_per_student_week, max_per_student_month, committed. The booking that is to be moved (null: none) is left out of account.';
revoke execute on function private.offer_slots(public.booking_offers, uuid, timestamptz, timestamptz, uuid) from public;
