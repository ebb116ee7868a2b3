-- One-to-one: slots that mentors publish and students book.

-- == Bookable slots ==================================================================================================

-- The only reader of where the meetings of an offer take place; its callers decide who may see the answer.
create function private.offer_meeting(offer_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select secret.decrypted_secret::jsonb
            from vault.decrypted_secrets as secret
            where secret.name = format('booking_offers/%s/meeting', offer_id)
        ),
        '{}'
    );
end
$$;
comment on function private.offer_meeting(uuid) is
    'The write-only fields of an offer from Vault, by the names of their columns: link, backup_link, zoom_meeting_id, zoom_passcode.';
revoke execute on function private.offer_meeting(uuid) from public;

-- As for sessions: success_sessions_0_rights says why.
create trigger booking_offers_0_rights before insert on public.booking_offers
for each row execute function private.check_insert_rights(
    'only managers and mentors may create booking offers',
    'Students book the offers of mentors with book_slot.',
    'mentors offer their own time',
    'Leave mentor_id out, or ask a manager.'
);

-- The recurrence becomes a rule, and what the foreign keys hold is said in words that name the field and the remedy.
-- Security definer: the writer need not be able to read zones, roles and batches.
create function private.set_offer_rule()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean := tg_op = 'INSERT';
    v_missing text;
begin
    -- Postgres' own refusal prints the whole row, and the write-only fields may still be in it.
    v_missing := case
        when new.mentor_id is null then 'mentor_id'
        when new.title is null then 'title'
        when new.audience is null then 'audience'
        when new.start_time is null then 'start_time'
        when new.timezone is null then 'timezone'
        when new.window_minutes is null then 'window_minutes'
        when new.slot_minutes is null then 'slot_minutes'
        when new.gap_minutes is null then 'gap_minutes'
        when new.booking_notice_minutes is null then 'booking_notice_minutes'
        when new.change_notice_minutes is null then 'change_notice_minutes'
        when new.booking_horizon_days is null then 'booking_horizon_days'
        when new.platform is null then 'platform'
        when new.is_active is null then 'is_active'
        when num_nulls(new.id, new.created_at, new.updated_at) > 0 then 'id, created_at or updated_at'
    end;
    if v_missing is not null then
        raise exception using
            errcode = '23502',
            message = format('%s must not be null', v_missing),
            hint = 'Send a value, or leave the field out where it has a default.';
    end if;

    if not v_is_new and new.mentor_id <> old.mentor_id then
        raise exception using
            errcode = '22023',
            message = 'mentor_id of an offer cannot change',
            hint = 'Withdraw this offer with is_active = false and create one for the other mentor.';
    end if;

    perform private.check_timezone(new.timezone);

    if (v_is_new or new.platform <> old.platform)
        and not exists (
            select from public.meeting_platforms as platform where platform.id = new.platform and platform.is_active
        )
    then
        raise exception using
            errcode = '22023',
            message = format('platform %s is not an active meeting platform', quote_literal(left(new.platform, 60))),
            hint = 'Send the id of an active row of meeting_platforms.';
    end if;

    if new.course_id is not null and not exists (
        select from public.courses as course where course.id = new.course_id
    ) then
        raise exception using
            errcode = '22023',
            message = format('course_id %s is unknown', new.course_id),
            hint = 'Send the id of a course.';
    end if;
    if new.course_id is not null and new.batch_id is not null and not exists (
        select from public.batches as batch where batch.id = new.batch_id and batch.course_id = new.course_id
    ) then
        raise exception using
            errcode = '22023',
            message = format('batch_id %s is not a batch of course_id %s', new.batch_id, new.course_id),
            hint = 'Send a batch of that course.';
    end if;

    if new.is_active and (v_is_new or not old.is_active) then
        perform private.hold_mentor_role(new.mentor_id);
    end if;

    if v_is_new
        or (new.recurrence, new.start_time, new.timezone) is distinct from
        (old.recurrence, old.start_time, old.timezone)
    then
        new.recurrence := nullif(new.recurrence, 'null');
        new.rrule := private.recurrence_rule(
            coalesce(new.recurrence, '{"rrule": "FREQ=DAILY;COUNT=1"}'), new.start_time, new.timezone
        );
        new.exdates := private.recurrence_exdates(
            coalesce(new.recurrence, '{}'), new.start_time, new.timezone
        );
        if not exists (
            select
            from private.expand_rrule(
                new.rrule, new.start_time, new.timezone, cardinality(new.exdates) + 1
            ) as opening
            where opening.local_start::date <> all(new.exdates)
        ) then
            raise exception using
                errcode = '22023',
                message = 'the recurrence has no dates',
                detail = new.rrule,
                hint = 'Let the rule and exdates leave a date on or after start_time.';
        end if;
    else
        new.rrule := old.rrule;
        new.exdates := old.exdates;
    end if;
    return new;
end
$$;
comment on function private.set_offer_rule() is
    'Sets rrule and exdates from recurrence; refuses a missing field (23502), an unknown zone, platform, course, batch or mentor and a recurrence that is wrong or has no dates (22023), naming the field and the remedy.';
revoke execute on function private.set_offer_rule() from public;

create trigger booking_offers_1_rule before insert or update on public.booking_offers
for each row execute function private.set_offer_rule();

-- Moves where the meetings take place into Vault before the row is stored, as one secret: an offer is seen by many who
-- have not booked, and the link of many platforms is all that it takes to walk in. Null leaves a field as it is, the
-- empty string removes it; the link only where the platform makes the meetings.
-- Security definer: Vault and accounts are closed to the writer.
create function private.store_offer_meeting()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := format('booking_offers/%s/meeting', new.id);
    v_known jsonb := private.offer_meeting(new.id);
    v_meeting jsonb;
begin
    -- As for sessions, which these are given to.
    perform
        private.rule(
            private.is_web_address(given.link) and char_length(given.link) <= 2000,
            format('booking_offers_%s_is_http', given.name),
            format('%s must be an http(s) address without spaces', given.name),
            'Send the meeting''s address, such as https://zoom.us/j/123456789.'
        )
    from (values ('link', nullif(new.link, '')), ('backup_link', nullif(new.backup_link, ''))) as given (name, link);
    perform private.rule(
        nullif(new.zoom_meeting_id, '') ~ '^[0-9]([ -]?[0-9]){8,10}$',
        'booking_offers_zoom_meeting_id_format',
        'zoom_meeting_id must be 9 to 11 digits',
        'Send the meeting''s number as Zoom shows it, such as 123 456 789.'
    );
    perform private.rule(
        char_length(new.zoom_passcode) <= 4000,
        'booking_offers_zoom_passcode_length',
        'zoom_passcode must be at most 4,000 characters',
        'Send what the platform issued.'
    );

    v_meeting := v_known || jsonb_strip_nulls(
        jsonb_build_object(
            'link', new.link,
            'backup_link', new.backup_link,
            'zoom_meeting_id', new.zoom_meeting_id,
            'zoom_passcode', new.zoom_passcode
        )
    );
    v_meeting := coalesce(
        (select jsonb_object_agg(field.key, field.value) from jsonb_each(v_meeting) as field where field.value <> '""'),
        '{}'
    );
    -- Not asked at other changes: they are no reason to refuse an offer whose account was taken away since.
    if not v_meeting ? 'link'
        and (tg_op = 'INSERT' or v_known ? 'link' or new.platform <> old.platform)
        and not exists (select from private.accounts_making_meetings(new.platform, new.mentor_id))
    then
        raise exception using
            errcode = '23502',
            message = 'link must not be null',
            hint = 'Send the meetings'' address, or enter a meeting account with an external_id on this platform.';
    end if;
    if v_meeting <> v_known then
        if v_known = '{}' then
            perform vault.create_secret(v_meeting::text, v_name, 'Where the meetings of a booking offer take place');
        else
            perform vault.update_secret(secret.id, v_meeting::text)
            from vault.decrypted_secrets as secret
            where secret.name = v_name;
        end if;
    end if;

    new.link := null;
    new.backup_link := null;
    new.zoom_meeting_id := null;
    new.zoom_passcode := null;
    return new;
end
$$;
comment on function private.store_offer_meeting() is
    'Moves link, backup_link, zoom_meeting_id and zoom_passcode of an offer into Vault and leaves the row without them; refuses with 23502 one without a link where no account of its platform makes meetings.';
revoke execute on function private.store_offer_meeting() from public;

create trigger booking_offers_2_meeting
before insert or update of platform, link, backup_link, zoom_meeting_id, zoom_passcode on public.booking_offers
for each row execute function private.store_offer_meeting();

-- What was booked through an offer counts towards its limits and says under which terms, so an offer that was booked
-- stays. Vault knows no foreign keys: one that goes takes its secret along here.
-- Security definer: Vault is closed to whoever deletes.
create function private.forget_booking_offer()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from public.session_bookings as booking where booking.offer_id = old.id) then
        raise exception using
            errcode = 'PT409',
            message = 'an offer that was booked cannot be deleted',
            detail = 'offer ' || old.id,
            hint = 'Withdraw it with is_active = false; what is booked stays.';
    end if;
    delete from vault.secrets as secret
    where secret.id = (
        select named.id
        from vault.decrypted_secrets as named
        where named.name = format('booking_offers/%s/meeting', old.id)
    );
    return old;
end
$$;
comment on function private.forget_booking_offer() is
    'Refuses with PT409 to delete an offer that was booked; removes the secret of one that goes.';
revoke execute on function private.forget_booking_offer() from public;

create trigger forget_booking_offer before delete on public.booking_offers
for each row execute function private.forget_booking_offer();

-- Who is no longer a mentor offers nothing. Security definer: whoever takes the role away need not be able to change
-- offers.
create function private.end_booking_offers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.booking_offers as offer
    set is_active = false
    where offer.mentor_id = old.user_id and offer.is_active;
    return null;
end
$$;
comment on function private.end_booking_offers() is
    'Withdraws the offers of somebody who lost the role mentor.';
revoke execute on function private.end_booking_offers() from public;

create trigger end_booking_offers after delete on public.user_roles
for each row when (old.role = 'mentor') execute function private.end_booking_offers();

-- For a whole period at once what private.within_availability says of one meeting; a test compares the two.
create function private.open_hours(mentor_id uuid, from_time timestamptz, to_time timestamptz)
returns tstzmultirange
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select from public.mentor_availability as hours where hours.mentor_id = open_hours.mentor_id
    ) then
        return tstzmultirange(tstzrange(null, null));
    end if;
    return coalesce(
        (
            -- Hours that touch, at midnight for example, are one.
            select range_agg(tstzrange(opening, closing))
            from generate_series(
                date_trunc('day', from_time at time zone 'UTC') - interval '1 day',
                date_trunc('day', to_time at time zone 'UTC') + interval '1 day',
                interval '1 day'
            ) as day
            inner join public.mentor_availability as hours on hours.weekday = extract(isodow from day)
            cross join lateral private.local_to_instant(day::date + hours.start_time, hours.timezone) as opening
            cross join lateral private.local_to_instant(day::date + hours.end_time, hours.timezone) as closing
            where hours.mentor_id = open_hours.mentor_id and opening < closing
        ),
        '{}'
    );
end
$$;
comment on function private.open_hours(uuid, timestamptz, timestamptz) is
    'The mentor''s weekly hours as instants, those of the period among them; all of time when the mentor has stated none.';
revoke execute on function private.open_hours(uuid, timestamptz, timestamptz) from public;

-- What private.assign_host_account will choose from. Security invoker: its callers decide who learns of accounts.
create function private.booking_accounts(offer public.booking_offers, moved_session_id uuid)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_moved public.success_sessions;
    v_accounts uuid[];
begin
    if moved_session_id is not null then
        select session.* into v_moved from public.success_sessions as session where session.id = moved_session_id;
    end if;
    v_accounts := array(
        select account.id
        from private.accounts_making_meetings(coalesce(v_moved.platform, offer.platform), offer.mentor_id) as account
    );
    if v_moved.id is null then
        return case when v_accounts <> '{}' and not private.offer_meeting(offer.id) ? 'link' then v_accounts end;
    elsif v_accounts <> '{}'
        and (
            v_moved.link is null
            or exists (
                select from public.session_meetings as meeting
                where meeting.session_id = v_moved.id and meeting.is_wanted
            )
        )
    then
        return v_accounts;
    end if;
    return case when v_moved.meeting_account_id is not null then array[v_moved.meeting_account_id] end;
end
$$;
comment on function private.booking_accounts(public.booking_offers, uuid) is
    'The meeting accounts one of which a booking of the offer, or this booking of it once moved, has to find room on; null: it needs none.';
revoke execute on function private.booking_accounts(public.booking_offers, uuid) from public;

-- Security invoker: its callers decide who learns of accounts. Counts what private.meeting_account_clashes counts, once
-- for a whole period.
create function private.full_account_times(
    meeting_account_ids uuid[],
    from_time timestamptz,
    to_time timestamptz,
    except_session_id uuid default null
)
returns tstzmultirange[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select
            case account.max_concurrent_meetings
                when 0 then tstzmultirange(tstzrange(null, null))
                else coalesce(busy.times, '{}')
            end
        from public.meeting_accounts as account
        cross join lateral (
            select range_agg(tstzrange(moment.at, moment.until)) as times
            from (
                -- How many meetings there are from each begin or end of one to the next.
                select
                    change.at,
                    lead(change.at) over (order by change.at) as until,
                    sum(sum(change.meetings)) over (order by change.at) as meetings
                from public.success_sessions as session
                cross join lateral (values (session.start_time, 1), (session.end_time, -1)) as change (at, meetings)
                where
                    session.meeting_account_id = account.id
                    and session.platform = account.platform
                    and session.status in ('upcoming', 'live')
                    -- No session is longer than a day: what the index is searched by.
                    and session.start_time > full_account_times.from_time - interval '24 hours'
                    and session.start_time < full_account_times.to_time
                    and session.id is distinct from except_session_id
                group by change.at
            ) as moment
            where moment.meetings >= account.max_concurrent_meetings
        ) as busy
        where account.id = any(meeting_account_ids)
        order by account.id
    );
end
$$;
comment on function private.full_account_times(uuid[], timestamptz, timestamptz, uuid) is
    'For each of these accounts, in the order of ids, when from from_time to to_time it hosts all it can, the session excepted (null: none) left out of account.';
revoke execute on function private.full_account_times(uuid[], timestamptz, timestamptz, uuid) from public;

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

-- The requests of one student take turns by these rows, and whoever ends one of the enrollments waits, or is seen here.
create function private.lock_enrollments(student_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from public.course_enrollments as enrollment
    where enrollment.student_id = lock_enrollments.student_id and enrollment.status = 'active'
    order by enrollment.id
    for no key update;
exception when deadlock_detected then
    -- A statement that changes several of them locks them in whatever order it meets them.
    perform private.refuse_simultaneous_writers();
end
$$;
comment on function private.lock_enrollments(uuid) is
    'Locks the active enrollments of a student until the end of the transaction; comes before locks on sessions. PT409 when two writers would wait for each other forever.';
revoke execute on function private.lock_enrollments(uuid) from public;

-- A slot that is the calling student's until the end of the transaction: what private.claim_slot answers.
create type private.slot_claim as (
    claimed public.booking_offers, -- as it is now that nobody else can change it
    end_time timestamptz
);
comment on type private.slot_claim is 'A claimed slot: the offer as it is now, and when the slot ends.';

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

create function private.own_booking(session_id uuid)
returns public.session_bookings
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_booking public.session_bookings;
begin
    select booking.* into v_booking
    from public.session_bookings as booking
    where booking.session_id = v_session.id and booking.student_id = auth.uid();
    if not found then
        raise exception using
            errcode = '42501',
            message = 'only the student who booked a session may move or cancel the booking',
            hint = 'Hosts and managers change the session itself.';
    end if;
    return v_booking;
end
$$;
comment on function private.own_booking(uuid) is
    'The caller''s booking of this session; PT404 unknown or not visible, 42501 booked by nobody or somebody else.';
revoke execute on function private.own_booking(uuid) from public;

create function private.lock_booked_session(booking public.session_bookings)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_until timestamptz;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = booking.session_id
    for no key update;
    if not found then
        -- Deleted meanwhile: this raises PT404.
        perform private.visible_session(booking.session_id);
    end if;
    v_until := v_session.start_time - make_interval(mins => booking.change_notice_minutes);

    if v_session.status = 'cancelled' then
        return v_session;
    elsif v_session.status <> 'upcoming' or clock_timestamp() >= v_session.start_time then
        raise exception using
            errcode = 'PT409',
            message = 'this session has begun',
            detail = 'it began at ' || private.utc_text(v_session.start_time),
            hint = 'Book another slot.';
    elsif clock_timestamp() > v_until then
        raise exception using
            errcode = 'PT409',
            message = 'it is too late to move or cancel this booking',
            detail = 'that was possible until ' || private.utc_text(v_until),
            hint = 'Ask your mentor, who can still do it.';
    end if;
    return v_session;
end
$$;
comment on function private.lock_booked_session(public.session_bookings) is
    'Locks the session of a booking and answers it, if it is cancelled or the student may still change it; else PT409.';
revoke execute on function private.lock_booked_session(public.session_bookings) from public;

create function private.booking_details(session_id uuid)
returns public.booking_details
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_details public.booking_details;
begin
    select
        session.id,
        booking.offer_id,
        session.title,
        session.description,
        session.mentor_id,
        private.mentor_name(session.mentor_id),
        session.start_time,
        session.end_time,
        session.timezone,
        session.platform,
        session.status,
        session.cancel_reason,
        case
            when session.status = 'upcoming'
                then session.start_time - make_interval(mins => booking.change_notice_minutes)
        end
    into v_details
    from public.session_bookings as booking
    inner join public.success_sessions as session on booking.session_id = session.id
    where booking.session_id = booking_details.session_id;
    return v_details;
end
$$;
comment on function private.booking_details(uuid) is 'A booked session as its student is shown it.';
revoke execute on function private.booking_details(uuid) from public;

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

-- Security definer: it is the API; a student may change no session by other means.
create function public.cancel_booking(session_id uuid, reason text default null)
returns public.booking_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_booking public.session_bookings := private.own_booking(session_id);
    v_session public.success_sessions := private.lock_booked_session(v_booking);
begin
    if v_session.status <> 'cancelled' then
        update public.success_sessions as session
        set status = 'cancelled', cancel_reason = nullif(btrim(reason, E' \t\r\n'), '')
        where session.id = v_session.id;
    end if;
    return private.booking_details(v_session.id);
end
$$;
comment on function public.cancel_booking(uuid, text) is
    'Cancel the caller''s own booking, up to change_notice_minutes before it; both are told by mail, and the slot is free again. Safe to repeat. Errors: PT404 unknown or not visible; 42501 not the caller''s booking; PT409 begun or too late; 22023 reason too long.';
revoke execute on function public.cancel_booking(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.cancel_booking(uuid, text) to authenticated;

-- Security definer: it is the API; it reads Vault and writes the audit log, which the caller may not touch.
create function public.booking_offer_credentials(offer_id uuid)
returns public.booking_offer_credential_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offer public.booking_offers := private.visible_offer(offer_id);
    v_meeting jsonb;
    v_details public.booking_offer_credential_details;
begin
    if not (private.is_manager() or (v_offer.mentor_id = auth.uid() and private.has_role('mentor'))) then
        raise exception using
            errcode = '42501',
            message = 'only its mentor and managers may read where the meetings of an offer take place',
            hint = 'Book a slot; join_session opens its meeting.';
    end if;
    perform private.audit_reveal('booking_offer_credentials', 'booking_offers', v_offer.id);

    v_meeting := private.offer_meeting(v_offer.id);
    v_details.offer_id := v_offer.id;
    v_details.platform := v_offer.platform;
    v_details.link := v_meeting ->> 'link';
    v_details.backup_link := v_meeting ->> 'backup_link';
    v_details.zoom_meeting_id := v_meeting ->> 'zoom_meeting_id';
    v_details.passcode := v_meeting ->> 'zoom_passcode';
    return v_details;
end
$$;
comment on function public.booking_offer_credentials(uuid) is
    'The links, meeting id and passcode of a booking offer, for its mentor and managers. Errors: PT404 unknown or not visible; 42501 for everybody else. Each call is written to the audit log.';
revoke execute on function public.booking_offer_credentials(uuid) from public, anon, authenticated, service_role;
grant execute on function public.booking_offer_credentials(uuid) to authenticated;

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

-- A booking goes only with its student's account: the mentor is told that nobody will come. (With the session it goes,
-- too, and there is nothing left to tell of.)
-- Security definer: whoever deletes an account need not be able to change sessions.
create function private.release_booked_session()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.success_sessions as session
    set status = 'cancelled', cancel_reason = 'The account that it was booked with was deleted.'
    where session.id = old.session_id and session.status = 'upcoming' and session.start_time > clock_timestamp();
    return null;
end
$$;
comment on function private.release_booked_session() is
    'Cancels a coming session whose booking is deleted.';
revoke execute on function private.release_booked_session() from public;

create trigger release_booked_session after delete on public.session_bookings
for each row execute function private.release_booked_session();
