-- Seats: registration, capacity, waitlist.

-- == Registration ====================================================================================================

-- What else a student has at the time of a session: seats, places in waitlists, and explicit invitations (a booked
-- one-to-one) that need no seat.
create function private.overlapping_sessions(session public.success_sessions, student_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'session_id', other.id,
                        'title', other.title,
                        'start_time', other.start_time,
                        'end_time', other.end_time
                    )
                    order by other.start_time, other.id
                ),
                '[]'
            )
        from (
            select registration.session_id
            from public.session_registrations as registration
            where
                registration.student_id = overlapping_sessions.student_id
                and registration.status in ('registered', 'waitlisted')
            union
            select participant.session_id
            from public.session_participants as participant
            inner join public.success_sessions as invited_to on participant.session_id = invited_to.id
            where participant.user_id = overlapping_sessions.student_id and not invited_to.registration_required
        ) as held
        inner join public.success_sessions as other on held.session_id = other.id
        where
            other.id <> session.id
            and other.status in ('upcoming', 'live')
            and tstzrange(other.start_time, other.end_time) && tstzrange(session.start_time, session.end_time)
    );
end
$$;
comment on function private.overlapping_sessions(public.success_sessions, uuid) is
    'Other upcoming or live sessions at that time which the student is registered for, waits for or is invited to, by start: [{"session_id", "title", "start_time", "end_time"}]; empty for none.';
revoke execute on function private.overlapping_sessions(public.success_sessions, uuid) from public;

-- What register_for_session and cancel_registration answer. Security invoker: its definer callers have found that the
-- session is the caller's to see.
create function private.my_registration(session public.success_sessions)
returns public.registration_details
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_details public.registration_details;
begin
    v_details.session_id := session.id;
    v_details.status := (
        select registration.status
        from public.session_registrations as registration
        where registration.session_id = session.id and registration.student_id = auth.uid()
    );
    v_details.waitlist_position := private.my_waitlist_position(session.id);
    v_details.seats_left := private.seats_left(session.id, session.capacity);
    v_details.overlapping_sessions := case
        when v_details.status = 'cancelled' then '[]'
        else private.overlapping_sessions(session, auth.uid())
    end;
    return v_details;
end
$$;
comment on function private.my_registration(public.success_sessions) is
    'The caller''s registration for a session, with the place in the waitlist, the free seats and what else is at that time.';
revoke execute on function private.my_registration(public.success_sessions) from public;

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

-- Which way is best depends on how many students there are, one or a whole cohort, so every call is planned anew.
create function private.seats_ahead(student_ids uuid[], audience_keys uuid[])
returns table (session_id uuid, student_id uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    return query
    select
        registration.session_id,
        registration.student_id
    from unnest(student_ids) as student (id)
    cross join public.success_sessions as session
    inner join public.session_registrations as registration
        on session.id = registration.session_id and student.id = registration.student_id
    where
        session.audience_key = any(audience_keys)
        and session.start_time > v_now - interval '24 hours' -- none is longer
        and session.status in ('upcoming', 'live')
        and registration.status in ('registered', 'waitlisted');
end
$$;
comment on function private.seats_ahead(uuid[], uuid[]) is
    'Seats and waiting places of these students in upcoming and live sessions of these audiences.';
revoke execute on function private.seats_ahead(uuid[], uuid[]) from public;

-- Takes seats and waiting places from those who take part no longer, and gives the seats to those who wait. The
-- sessions are locked in order of their ids, as by everybody who locks several. What a student lost was committed or
-- is being written by the caller; what is read after the locks is how it stands then.
create function private.release_seats(session_ids uuid[], student_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_session_ids uuid[] := array(select distinct unnest(session_ids));
begin
    perform from public.success_sessions as session
    where session.id = any(v_session_ids)
    order by session.id
    for no key update;
    update public.session_registrations as registration
    set status = 'cancelled', updated_at = clock_timestamp()
    from unnest(session_ids, student_ids) as concerned (session_id, student_id)
    inner join public.success_sessions as session on concerned.session_id = session.id
    where
        registration.session_id = concerned.session_id
        and registration.student_id = concerned.student_id
        and registration.status in ('registered', 'waitlisted')
        and not private.is_session_learner(session, registration.student_id);
    if found then
        perform private.promote_waitlist(v_session_ids);
    end if;
end
$$;
comment on function private.release_seats(uuid[], uuid[]) is
    'Cancels those of these registrations (session and student by position) whose students take part no longer, and promotes the waitlists.';
revoke execute on function private.release_seats(uuid[], uuid[]) from public;

-- Security definer: it is the API; it locks rows and writes registrations, which the caller may not do.
-- Locks are taken in the order enrollment, session, as by whoever ends an enrollment: the two cannot deadlock, and
-- whichever comes second sees what the first did. Whoever takes an invitation back locks the session, too.
create function public.register_for_session(session_id uuid)
returns public.registration_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_course_id uuid := v_session.course_id;
    v_status public.registration_status;
    v_closes_at timestamptz;
begin
    perform from public.course_enrollments as enrollment
    where enrollment.student_id = auth.uid() and enrollment.course_id = v_course_id
    for share;
    perform from public.success_sessions as session
    where session.id = v_session.id
    for no key update;

    -- As it is now that nobody else can change it.
    v_session := private.visible_session(session_id);
    if v_session.course_id is distinct from v_course_id then
        raise exception using
            errcode = 'PT409',
            message = 'this session has just moved to another course',
            hint = 'Try again.';
    end if;
    if not private.is_session_learner(v_session, auth.uid()) then
        raise exception using
            errcode = '42501',
            message = 'only those who take part in a session as students register for it',
            hint = 'The host and managers need no seat.';
    end if;

    select registration.status into v_status
    from public.session_registrations as registration
    where registration.session_id = v_session.id and registration.student_id = auth.uid();
    if v_status in ('registered', 'waitlisted') then
        return private.my_registration(v_session);
    end if;

    v_closes_at := least(v_session.registration_closes_at, v_session.start_time);
    if v_session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            message = 'this session was cancelled',
            detail = coalesce(v_session.cancel_reason, 'no reason was given'),
            hint = 'Look for another session in the calendar.';
    elsif not v_session.registration_required then
        raise exception using
            errcode = 'PT409',
            message = 'this session needs no registration',
            hint = 'Just call join_session when it begins.';
    elsif v_session.status <> 'upcoming' or clock_timestamp() >= v_closes_at then
        raise exception using
            errcode = 'PT409',
            message = 'registration is closed',
            detail = case
                when clock_timestamp() >= v_closes_at then 'it closed at ' || private.utc_text(v_closes_at)
                else 'the session has begun'
            end,
            hint = 'Look for another session in the calendar.';
    end if;

    v_status := (case
        when coalesce(private.seats_left(v_session.id, v_session.capacity) > 0, true) then 'registered'
        else 'waitlisted'
    end)::public.registration_status;
    insert into public.session_registrations as registration (session_id, student_id, status)
    values (v_session.id, auth.uid(), v_status)
    on conflict on constraint session_registrations_pkey do update set
        status = excluded.status,
        queued_at = excluded.queued_at,
        updated_at = excluded.updated_at;
    if v_status = 'registered' then
        perform notifier.tell_registration(v_session.id, array[auth.uid()], 'registration_confirmed');
    end if;
    return private.my_registration(v_session);
end
$$;
comment on function public.register_for_session(uuid) is
    'Take a seat in a session, or a place in its waitlist when it is full. Safe to repeat. Answers status, waitlist_position, seats_left and overlapping_sessions: what else the caller has at that time. Errors: PT404 unknown or not visible; 42501 for host and managers; PT409 cancelled, closed (the detail says since when), or no registration needed.';
revoke execute on function public.register_for_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.register_for_session(uuid) to authenticated;

-- Security definer: it is the API; it locks the session and writes registrations, which the caller may not do.
create function public.cancel_registration(session_id uuid)
returns public.registration_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    -- Whoever has registered may ask, even if access has ended meanwhile.
    if exists (
        select from public.session_registrations as registration
        where registration.session_id = cancel_registration.session_id and registration.student_id = auth.uid()
    ) then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = cancel_registration.session_id
        for no key update;
    end if;
    if v_session.id is null then
        v_session := private.visible_session(session_id);
        raise exception using
            errcode = 'PT409',
            message = 'you have not registered for this session',
            hint = 'There is nothing to cancel; register_for_session takes a seat.';
    end if;

    if (v_session.status in ('live', 'completed') or clock_timestamp() >= v_session.start_time)
        and exists (
            select from public.session_registrations as registration
            where
                registration.session_id = v_session.id
                and registration.student_id = auth.uid()
                and registration.status = 'registered'
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'this session has begun',
            detail = 'its start_time is ' || private.utc_text(v_session.start_time),
            hint = 'A seat can be given back until the session begins; leave_session ends your presence.';
    end if;

    update public.session_registrations as registration
    set status = 'cancelled', updated_at = clock_timestamp()
    where
        registration.session_id = v_session.id
        and registration.student_id = auth.uid()
        and registration.status in ('registered', 'waitlisted');
    if found then
        perform private.promote_waitlist(array[v_session.id]);
    end if;
    return private.my_registration(v_session);
end
$$;
comment on function public.cancel_registration(uuid) is
    'Give back a seat, until the session begins, or a place in the waitlist; the first in the waitlist gets the seat and is told. Safe to repeat. Errors: PT404 unknown or not visible; PT409 never registered, or begun.';
revoke execute on function public.cancel_registration(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_registration(uuid) to authenticated;

-- Losing the enrollment or the invitation loses the seat, in the same transaction. Runs once for each statement, after
-- it has changed and so locked its rows: register_for_session, which locks the enrollment first, is by then either done
-- or will see that access has ended. Security definer: whoever ends an enrollment may not write registrations.
create function private.release_seats_of_the_unenrolled()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    -- Nearly always nobody has a seat, and this is one index search for each enrollment. `offset 0` keeps it from
    -- becoming a join: the plan is kept, and used for statements of other sizes.
    if not exists (
        select from went
        where
            went.status = 'active'
            and exists (
                select from public.session_registrations as registration
                where
                    registration.student_id = went.student_id
                    and registration.status in ('registered', 'waitlisted')
                offset 0
            )
    ) then
        return null;
    end if;

    -- Only the sessions ahead of the audiences that were left: what students have behind them does not count here.
    perform private.release_seats(array_agg(seat.session_id), array_agg(seat.student_id))
    from private.seats_ahead(
        array(select distinct went.student_id from went where went.status = 'active'),
        array(
            select private.audience_key(audience.course_id, audience.batch_id)
            from (
                select distinct
                    went.course_id,
                    went.batch_id
                from went
                where went.status = 'active'
            ) as audience
        )
    ) as seat
    having count(*) > 0;
    return null;
end
$$;
comment on function private.release_seats_of_the_unenrolled() is
    'Gives back the seats, and places in waitlists, of students whose enrollment no longer lets them take part.';
revoke execute on function private.release_seats_of_the_unenrolled() from public;

create trigger release_seats_changed
after update on public.course_enrollments
referencing old table as went
for each statement execute function private.release_seats_of_the_unenrolled();

create trigger release_seats_removed
after delete on public.course_enrollments
referencing old table as went
for each statement execute function private.release_seats_of_the_unenrolled();

-- As private.release_seats_of_the_unenrolled does, for explicit participants.
-- Security definer: whoever takes an invitation back may not write registrations.
create function private.release_seats_of_the_uninvited()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    perform private.release_seats(array_agg(registration.session_id), array_agg(registration.student_id))
    from went
    cross join lateral (
        select
            held.session_id,
            held.student_id
        from public.session_registrations as held
        inner join public.success_sessions as session on held.session_id = session.id
        where
            held.session_id = went.session_id
            and held.student_id = went.user_id
            and held.status in ('registered', 'waitlisted')
            and session.status in ('upcoming', 'live')
        offset 0
    ) as registration
    having count(*) > 0;
    return null;
end
$$;
comment on function private.release_seats_of_the_uninvited() is
    'Gives back the seats, and places in waitlists, of explicit participants who are no longer invited.';
revoke execute on function private.release_seats_of_the_uninvited() from public;

create trigger release_seats_changed
after update on public.session_participants
referencing old table as went
for each statement execute function private.release_seats_of_the_uninvited();

create trigger release_seats_removed
after delete on public.session_participants
referencing old table as went
for each statement execute function private.release_seats_of_the_uninvited();

-- When a user is deleted, foreign keys delete the rows about them in an order that Postgres chooses. This runs before
-- that and takes the locks in our order: enrollments, invitations, sessions.
-- Security definer: accounts are deleted by supabase_auth_admin, which may not write registrations.
create function private.release_seats_of_the_deleted()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids uuid[];
begin
    perform from public.course_enrollments as enrollment
    where enrollment.student_id = old.id
    order by enrollment.id
    for update;
    perform from public.session_participants as participant
    where participant.user_id = old.id
    order by participant.session_id
    for update;
    v_session_ids := array(
        select session.id
        from public.success_sessions as session
        where
            session.status in ('upcoming', 'live')
            and session.id in (
                select registration.session_id
                from public.session_registrations as registration
                where registration.student_id = old.id
                union all
                select participant.session_id
                from public.session_participants as participant
                where participant.user_id = old.id
            )
        order by session.id
        for no key update
    );
    -- The user's registrations and attendance are then deleted by several statements, each of which updates statistics
    -- in the order of the sessions; one after the other they do not keep that order. So all of these statistics are
    -- locked here, once.
    perform from private.session_statistics as statistics
    where statistics.session_id in (
        select registration.session_id
        from public.session_registrations as registration
        where registration.student_id = old.id
        union all
        select attendance.session_id
        from public.session_attendance as attendance
        where attendance.student_id = old.id
    )
    order by statistics.session_id
    for no key update;
    delete from public.session_registrations as registration where registration.student_id = old.id;
    perform private.promote_waitlist(v_session_ids);
    return old;
end
$$;
comment on function private.release_seats_of_the_deleted() is 'Gives the seats of a user who is deleted to the waitlists.';
revoke execute on function private.release_seats_of_the_deleted() from public;

create trigger release_seats_deleted before delete on public.profiles
for each row execute function private.release_seats_of_the_deleted();

-- More seats, a later start or a session reinstated: the waitlist moves. Another audience or host: whoever takes part
-- no longer loses the seat. Fewer seats take none away. The writer of the row holds its lock.
-- Security definer: whoever edits a session may not write registrations.
create function private.settle_registrations()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if old.status = 'cancelled'
        or (new.course_id, new.batch_id, new.mentor_id) is distinct from (old.course_id, old.batch_id, old.mentor_id)
    then
        perform private.release_seats(array_agg(registration.session_id), array_agg(registration.student_id))
        from public.session_registrations as registration
        where
            registration.session_id = new.id
            -- If only the mentor changed, only the new mentor may have a seat to lose.
            and (
                old.status = 'cancelled'
                or (new.course_id, new.batch_id) is distinct from (old.course_id, old.batch_id)
                or registration.student_id = new.mentor_id
            )
        having count(*) > 0;
    end if;
    perform private.promote_waitlist(array[new.id]);
    return null;
end
$$;
comment on function private.settle_registrations() is
    'Keeps registrations true to a session''s audience, capacity, times and status.';
revoke execute on function private.settle_registrations() from public;

create trigger settle_registrations
after update on public.success_sessions
for each row
when (
    new.status in ('upcoming', 'live')
    and (
        old.status = 'cancelled'
        or (new.capacity, new.course_id, new.batch_id, new.mentor_id, new.start_time)
        is distinct from (old.capacity, old.course_id, old.batch_id, old.mentor_id, old.start_time)
    )
)
execute function private.settle_registrations();
