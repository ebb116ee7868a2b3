-- Mentors' time: time off, availability, assignment, meeting accounts.

-- == Mentors' time ===================================================================================================

-- For one mentor and for thousands at once: hours become instants once for each distinct entry and day, not for each
-- mentor.
create function private.within_availability(mentor_ids uuid[], start_time timestamptz, end_time timestamptz)
returns setof uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if within_availability.end_time <= within_availability.start_time then
        return;
    end if;
    return query
    with
    -- Every date that some clock shows during the period: no zone is a whole day from UTC.
    local_day as materialized (
        select
            day::date as date,
            extract(isodow from day)::smallint as weekday
        from generate_series(
            date_trunc('day', within_availability.start_time at time zone 'UTC') - interval '1 day',
            date_trunc('day', within_availability.end_time at time zone 'UTC') + interval '1 day',
            interval '1 day'
        ) as day
    ),

    stated as materialized (
        select
            hours.mentor_id,
            hours.weekday,
            hours.start_time,
            hours.end_time,
            hours.timezone
        from public.mentor_availability as hours
        where hours.mentor_id = any(within_availability.mentor_ids)
    ),

    open_hours as materialized (
        select
            hours.weekday,
            hours.start_time,
            hours.end_time,
            hours.timezone,
            tstzrange(opening, closing) as period
        from (
            select distinct
                stated.weekday,
                stated.start_time,
                stated.end_time,
                stated.timezone
            from stated
        ) as hours
        inner join local_day on local_day.weekday = hours.weekday
        cross join lateral private.local_to_instant(local_day.date + hours.start_time, hours.timezone) as opening
        cross join lateral private.local_to_instant(local_day.date + hours.end_time, hours.timezone) as closing
        -- Within an hour that the clock skips, hours may come to nothing.
        where
            opening < closing
            and opening < within_availability.end_time
            and closing > within_availability.start_time
    ),

    offered as (
        select
            stated.mentor_id,
            -- Hours that touch, at midnight for example, are one.
            range_agg(open_hours.period) as periods
        from stated
        left join open_hours
            on
                open_hours.weekday = stated.weekday
                and open_hours.start_time = stated.start_time
                and open_hours.end_time = stated.end_time
                and open_hours.timezone = stated.timezone
        group by stated.mentor_id
    )

    select asked.mentor_id
    from unnest(within_availability.mentor_ids) as asked (mentor_id)
    left join offered on offered.mentor_id = asked.mentor_id
    where
        offered.mentor_id is null
        or offered.periods @> tstzrange(within_availability.start_time, within_availability.end_time);
end
$$;
comment on function private.within_availability(uuid[], timestamptz, timestamptz) is
    'Those of the mentors whose weekly hours cover the whole period, and those who have stated none.';
revoke execute on function private.within_availability(uuid[], timestamptz, timestamptz) from public;

create function private.check_session_period(start_time timestamptz, end_time timestamptz)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_message text := case
        when start_time is null then 'start_time must not be null'
        when end_time is null then 'end_time must not be null'
        when start_time < '2000-01-01 00:00+00' or start_time >= '2200-01-01 00:00+00'
            then 'start_time must be in the years 2000 to 2199'
        when end_time <= start_time then 'end_time must be after start_time'
        when end_time > start_time + interval '24 hours' then 'end_time must be at most 24 hours after start_time'
    end;
begin
    if v_message is not null then
        raise exception using
            errcode = '22023',
            message = v_message,
            hint = 'Send two instants that a session could have, such as 2027-03-01T18:00:00+01:00.';
    end if;
end
$$;
comment on function private.check_session_period(timestamptz, timestamptz) is
    'Refuses with 22023 a period that no session could have, naming the argument.';
revoke execute on function private.check_session_period(timestamptz, timestamptz) from public;

-- Security definer: it is the API; it reads by indexes that row-level security would keep from it, for thousands of
-- mentors at once. How many are free is known only when it runs: planned for any number, the load was looked up by the
-- wrong index. Among 10,000 mentors and 400,000 sessions of a year, 5,800 of them free: 0.25 s; with a plan for any
-- number: 3 s.
create function public.available_mentors(start_time timestamptz, end_time timestamptz)
returns setof public.available_mentor
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
    c_longest constant interval := interval '24 hours'; -- of a session
    c_around constant interval := interval '14 days';
    v_buffer interval;
    v_free uuid[];
begin
    if not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may look for mentors who are free',
            hint = 'Ask a manager.';
    end if;
    perform private.check_session_period(start_time, end_time);
    v_buffer := (select make_interval(mins => settings.mentor_buffer_minutes) from public.app_settings as settings);

    v_free := array(
        select held.user_id
        from public.user_roles as held
        where held.role = 'mentor'
        except
        -- status_due_at is the start of an upcoming session and the end of a live one.
        select session.mentor_id
        from public.success_sessions as session
        where
            session.status_due_at > available_mentors.start_time - v_buffer - c_longest
            and session.status_due_at < available_mentors.end_time + v_buffer + c_longest
            and session.status in ('upcoming', 'live')
            and session.start_time < available_mentors.end_time + v_buffer
            and session.end_time > available_mentors.start_time - v_buffer
        except
        select time_off.mentor_id
        from public.mentor_time_off as time_off
        where
            tstzrange(time_off.start_time, time_off.end_time)
            && tstzrange(available_mentors.start_time, available_mentors.end_time)
    );

    return query
    select
        mentor.id,
        mentor.full_name,
        mentor.timezone,
        coalesce(hosted.sessions, 0)::integer,
        coalesce(hosted.minutes, 0)::integer
    from private.within_availability(v_free, available_mentors.start_time, available_mentors.end_time) as free (id)
    inner join public.profiles as mentor on mentor.id = free.id
    left join (
        select
            session.host_key,
            count(*) as sessions,
            sum(extract(epoch from session.end_time - session.start_time)) / 60 as minutes
        from public.success_sessions as session
        where
            session.host_key = any(v_free)
            and session.start_time >= available_mentors.start_time - c_around
            and session.start_time < available_mentors.start_time + c_around
            and session.status <> 'cancelled'
        group by session.host_key
    ) as hosted on hosted.host_key = mentor.id
    order by coalesce(hosted.minutes, 0), coalesce(hosted.sessions, 0), mentor.full_name, mentor.id;
end
$$;
comment on function public.available_mentors(timestamptz, timestamptz) is
    'The mentors who could host from start_time to end_time: no upcoming or live session then or closer than app_settings.mentor_buffer_minutes, no time off, and within their weekly hours if they have stated any. Those with the least load first: minutes they host in the sessions, cancelled ones left out, that begin from 14 days before start_time to 14 days after it. Managers only. Errors: 42501; 22023 a period that no session could have.';
revoke execute on function public.available_mentors(timestamptz, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.available_mentors(timestamptz, timestamptz) to authenticated;

-- Security invoker: policies and triggers say the rest, as they do for an update of the table.
create function public.assign_mentor(session_id uuid, mentor_id uuid)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_status public.session_status;
begin
    if not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may assign mentors',
            hint = 'Ask a manager.';
    end if;

    select session.* into v_session
    from public.success_sessions as session
    where session.id = assign_mentor.session_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('session_id %s is unknown', coalesce(assign_mentor.session_id::text, 'null')),
            hint = 'Check the id.';
    end if;

    v_status := private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time);
    if v_status in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('the session is %s; its mentor is final', v_status),
            detail = 'session ' || v_session.id,
            hint = 'Create a new session.';
    end if;

    update public.success_sessions as session
    set mentor_id = assign_mentor.mentor_id
    where session.id = v_session.id
    returning session.* into v_session;
    return v_session;
end
$$;
comment on function public.assign_mentor(uuid, uuid) is
    'Gives a session that is not over to a mentor; null leaves it without one. Answers the session. Safe to repeat. Managers only. Errors: 42501; PT404 unknown; PT409 over or cancelled; 22023 not a mentor; 23P01 (409) the mentor hosts another session then or too close to it, or has time off, named in the detail.';
revoke execute on function public.assign_mentor(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.assign_mentor(uuid, uuid) to authenticated;

create function private.check_reassignment(
    from_mentor uuid,
    to_mentor uuid,
    from_time timestamptz,
    to_time timestamptz
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_message text;
begin
    if not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may reassign sessions',
            hint = 'Ask a manager.';
    end if;
    -- Who no longer is a mentor may still have sessions to be given away.
    v_message := case
        when from_mentor is null then 'from_mentor must not be null'
        when to_mentor is null then 'to_mentor must not be null'
        when from_mentor = to_mentor then 'from_mentor and to_mentor must differ'
        when from_time >= to_time then 'to_time must be after from_time'
        when not exists (select from public.profiles as profile where profile.id = from_mentor)
            then format('from_mentor %s is unknown', from_mentor)
        when not exists (
            select from public.user_roles as held where held.user_id = to_mentor and held.role = 'mentor'
        )
            then format('to_mentor %s is not a mentor', to_mentor)
    end;
    if v_message is not null then
        raise exception using
            errcode = '22023',
            message = v_message,
            hint = 'Send the ids of two users, the second a mentor, and optionally the period.';
    end if;
end
$$;
comment on function private.check_reassignment(uuid, uuid, timestamptz, timestamptz) is
    'Refuses callers who are no managers with 42501, and arguments of reassign_mentor_sessions that make no sense with 22023.';
revoke execute on function private.check_reassignment(uuid, uuid, timestamptz, timestamptz) from public;

-- Security definer: it is the API; it takes turns and looks for clashes, which the caller may not do.
-- Locks: series, sessions in the order of their ids, the turns of both mentors in the order of theirs.
create function public.reassign_mentor_sessions(
    from_mentor uuid,
    to_mentor uuid,
    from_time timestamptz default null,
    to_time timestamptz default null
)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_from constant timestamptz := greatest(from_time, clock_timestamp());
    v_to constant timestamptz := coalesce(to_time, 'infinity');
    v_series public.session_series;
    v_series_ids uuid[] := array[]::uuid[];
    v_session_ids uuid[];
    v_clashing integer;
    v_clashes text;
begin
    perform private.check_reassignment(from_mentor, to_mentor, from_time, to_time);

    -- With no end the series themselves are handed over, and the dates they are still to be extended by.
    if to_time is null then
        v_series_ids := array(
            select series.id
            from public.session_series as series
            where series.mentor_id = from_mentor
            order by series.id
            for no key update
        );
    end if;
    v_session_ids := array(
        select session.id
        from public.success_sessions as session
        where
            session.host_key = from_mentor
            and session.status = 'upcoming'
            and session.start_time >= v_from
            and session.start_time < v_to
        order by session.id
        for no key update
    );
    perform private.take_mentor_turn(least(from_mentor, to_mentor));
    perform private.take_mentor_turn(greatest(from_mentor, to_mentor));

    -- `except`, which is hashed: `<> all` may search the array once for each of its sessions.
    if exists (
        select session.id
        from public.success_sessions as session
        where
            session.host_key = from_mentor
            and session.status = 'upcoming'
            and session.start_time >= v_from
            and session.start_time < v_to
        except
        select locked.id from unnest(v_session_ids) as locked (id)
    ) or (
        to_time is null
        and exists (
            select from public.session_series as series
            where series.mentor_id = from_mentor and series.id <> all(v_series_ids)
        )
    ) then
        -- Something was given to the mentor while this was waiting for the turns. Rows come before turns in the order
        -- of locks, so it cannot be locked any more.
        perform private.refuse_simultaneous_writers();
    end if;

    select
        count(*),
        string_agg(
            format(
                '%s, session %s, from %s to %s: %s',
                quote_literal(moved.title), moved.id,
                private.utc_text(moved.start_time), private.utc_text(moved.end_time), found.clashes
            ),
            e'\n' order by moved.start_time
        )
    into v_clashing, v_clashes
    from public.success_sessions as moved
    cross join lateral (
        select string_agg(private.clash_text(clash), '; ' order by clash.start_time) as clashes
        from private.mentor_clashes(to_mentor, moved.start_time, moved.end_time) as clash
    ) as found
    where moved.id = any(v_session_ids) and found.clashes is not null;
    if v_clashing > 0 then
        perform private.refuse_clash(
            format(
                '%s of %s sessions cannot be given to mentor_id %s',
                v_clashing, cardinality(v_session_ids), to_mentor
            ),
            v_clashes,
            'Nothing was changed. Choose another mentor or another period, or move these sessions before.'
        );
    end if;

    update public.session_series as series
    set mentor_id = to_mentor
    where series.id = any(v_series_ids) and (series.next_start < from_time and from_time = v_from) is not true;
    for v_series in
        select series.*
        from public.session_series as series
        where series.id = any(v_series_ids) and series.mentor_id = from_mentor
        order by series.id
    loop
        perform private.hand_over_series_from(v_series, to_mentor, from_time);
    end loop;
    return query
    with moved as (
        update public.success_sessions as session
        set mentor_id = to_mentor
        where session.id = any(v_session_ids)
        returning session.id, session.start_time
    )

    select moved.id
    from moved
    order by moved.start_time, moved.id;
end
$$;
comment on function public.reassign_mentor_sessions(uuid, uuid, timestamptz, timestamptz) is
    'Gives all upcoming sessions of one mentor that begin from from_time (now when left out, and never before) until before to_time (without end when left out) to another, all or none, and answers their ids in the order of time. With no end the mentor''s series go over, too, and one that has dates before from_time still to be made is split there. What has begun stays, with its attendance. Managers only. Errors: 42501; 22023; 23P01 (409) the other mentor is not free, each session and its clash in a line of the detail; PT409 somebody else was changing the same plans.';
revoke execute on function public.reassign_mentor_sessions(uuid, uuid, timestamptz, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.reassign_mentor_sessions(uuid, uuid, timestamptz, timestamptz) to authenticated;

-- Compared by start_time, end_time and host_key alone, which row-level security lets indexes serve: no range, no sum.
create view public.time_off_clashes with (security_invoker = true) as
select
    time_off.id as time_off_id,
    time_off.mentor_id,
    private.mentor_name(time_off.mentor_id) as mentor_name,
    time_off.start_time as time_off_start,
    time_off.end_time as time_off_end,
    session.id as session_id,
    session.title,
    session.status,
    session.start_time,
    session.end_time,
    session.timezone
from public.mentor_time_off as time_off
-- No session is longer than a day: what the index is searched by, worked out apart from the search.
cross join lateral (
    select
        greatest(entry.start_time, now()) as starts,
        greatest(entry.start_time, now()) - interval '24 hours' as starts_a_day_before
    from (values (time_off.start_time)) as entry (start_time)
    offset 0 -- noqa: AM09
) as away
-- `offset 0` has the sessions looked up for each entry of time off: else all are compared with all of their mentor's.
cross join lateral (
    select
        of_mentor.id,
        of_mentor.title,
        of_mentor.status,
        of_mentor.start_time,
        of_mentor.end_time,
        of_mentor.timezone
    from public.success_sessions as of_mentor
    where
        of_mentor.host_key = time_off.mentor_id
        and of_mentor.start_time < time_off.end_time
        and of_mentor.start_time > away.starts_a_day_before
        and of_mentor.end_time > away.starts
        and of_mentor.status in ('upcoming', 'live')
    offset 0 -- noqa: AM09
) as session
where time_off.end_time > now();
comment on view public.time_off_clashes is
    'Upcoming and live sessions of mentors who are away then, having entered time off over them: another mentor is needed, or another time. One row per session and entry of time off that the caller may see: mentors their own, managers all.';
comment on column public.time_off_clashes.time_off_id is 'The entry, mentor_time_off.id.';
comment on column public.time_off_clashes.mentor_id is 'Who is away.';
comment on column public.time_off_clashes.mentor_name is 'Name of the mentor.';
comment on column public.time_off_clashes.time_off_start is 'From when the mentor is away.';
comment on column public.time_off_clashes.time_off_end is 'Until when.';
comment on column public.time_off_clashes.session_id is 'The session, success_sessions.id.';
comment on column public.time_off_clashes.title is 'Its title.';
comment on column public.time_off_clashes.status is 'Its status.';
comment on column public.time_off_clashes.start_time is 'When it begins.';
comment on column public.time_off_clashes.end_time is 'When it ends.';
comment on column public.time_off_clashes.timezone is 'The zone its wall-clock time is meant in.';

revoke all on public.time_off_clashes from public, anon, authenticated, service_role;
grant select on public.time_off_clashes to authenticated;
