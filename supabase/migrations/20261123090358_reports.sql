-- Reports: statistics per session, kept by triggers, and the figures worked out from them; ratings; CSV.

-- == Statistics ======================================================================================================

-- What private.session_statistics holds, counted anew: by this the triggers begin, and by this a DBA checks them.
create view private.recounted_session_statistics
with (security_invoker = true)
as
select
    session.id as session_id,
    session.start_time,
    round(extract(epoch from session.end_time - session.start_time) / 60)::integer as scheduled_minutes,
    session.status,
    session.session_type,
    session.registration_required,
    session.host_key,
    coalesce(
        (
            select handover.from_mentor_id
            from private.mentor_handovers as handover
            where handover.session_id = session.id
            order by handover.id
            limit 1
        ),
        session.host_key
    ) as first_host_key,
    counted.present,
    counted.late,
    counted.partial,
    counted.absent,
    counted.excused,
    counted.minutes,
    seat.registered,
    case when session.status = 'completed' then coalesce(session.capacity, 0) else 0 end as seats,
    rating.ratings,
    rating.rating_points,
    counted.minutes_to_5,
    counted.minutes_to_10,
    counted.minutes_to_15,
    counted.minutes_to_20,
    counted.minutes_to_25,
    counted.minutes_to_30,
    counted.minutes_to_35,
    counted.minutes_to_40,
    counted.minutes_to_45,
    counted.minutes_to_50,
    counted.minutes_to_55,
    counted.minutes_to_60,
    counted.minutes_to_75,
    counted.minutes_to_90,
    counted.minutes_to_120,
    counted.minutes_to_180,
    counted.minutes_to_240,
    counted.minutes_to_1440,
    session.course_id,
    session.batch_id,
    case
        when session.status = 'completed' then (
            select presence.joined_at
            from private.host_presence as presence
            where presence.session_id = session.id and presence.host_id = session.mentor_id
        )
    end as host_joined_at
from public.success_sessions as session
cross join lateral (
    select
        count(*) filter (where attendance.status = 'present')::integer as present,
        count(*) filter (where attendance.status = 'late')::integer as late,
        count(*) filter (where attendance.status = 'partial')::integer as partial,
        count(*) filter (where attendance.status = 'absent')::integer as absent,
        count(*) filter (where attendance.status = 'excused')::integer as excused,
        coalesce(sum(attendance.minutes_present) filter (where measured.holds), 0)::integer as minutes,
        count(*) filter (where measured.holds and attendance.minutes_present between 0 and 5)::integer
        as minutes_to_5,
        count(*) filter (where measured.holds and attendance.minutes_present between 6 and 10)::integer
        as minutes_to_10,
        count(*) filter (where measured.holds and attendance.minutes_present between 11 and 15)::integer
        as minutes_to_15,
        count(*) filter (where measured.holds and attendance.minutes_present between 16 and 20)::integer
        as minutes_to_20,
        count(*) filter (where measured.holds and attendance.minutes_present between 21 and 25)::integer
        as minutes_to_25,
        count(*) filter (where measured.holds and attendance.minutes_present between 26 and 30)::integer
        as minutes_to_30,
        count(*) filter (where measured.holds and attendance.minutes_present between 31 and 35)::integer
        as minutes_to_35,
        count(*) filter (where measured.holds and attendance.minutes_present between 36 and 40)::integer
        as minutes_to_40,
        count(*) filter (where measured.holds and attendance.minutes_present between 41 and 45)::integer
        as minutes_to_45,
        count(*) filter (where measured.holds and attendance.minutes_present between 46 and 50)::integer
        as minutes_to_50,
        count(*) filter (where measured.holds and attendance.minutes_present between 51 and 55)::integer
        as minutes_to_55,
        count(*) filter (where measured.holds and attendance.minutes_present between 56 and 60)::integer
        as minutes_to_60,
        count(*) filter (where measured.holds and attendance.minutes_present between 61 and 75)::integer
        as minutes_to_75,
        count(*) filter (where measured.holds and attendance.minutes_present between 76 and 90)::integer
        as minutes_to_90,
        count(*) filter (where measured.holds and attendance.minutes_present between 91 and 120)::integer
        as minutes_to_120,
        count(*) filter (where measured.holds and attendance.minutes_present between 121 and 180)::integer
        as minutes_to_180,
        count(*) filter (where measured.holds and attendance.minutes_present between 181 and 240)::integer
        as minutes_to_240,
        count(*) filter (where measured.holds and attendance.minutes_present between 241 and 1440)::integer
        as minutes_to_1440
    from public.session_attendance as attendance
    cross join lateral (
        select attendance.status in ('present', 'late', 'partial') and attendance.joined_at is not null as holds
    ) as measured
    where attendance.session_id = session.id and session.status = 'completed'
) as counted
cross join lateral (
    select count(*)::integer as registered
    from public.session_registrations as registration
    where
        registration.session_id = session.id
        and registration.status = 'registered'
        and session.status = 'completed'
) as seat
cross join lateral (
    select
        count(*)::integer as ratings,
        coalesce(sum(given.rating), 0)::integer as rating_points
    from public.session_ratings as given
    where given.session_id = session.id and session.status = 'completed'
) as rating;

comment on view private.recounted_session_statistics is
    'What private.session_statistics holds, counted anew from the sessions, their attendance, registrations and ratings; columns as there.';
comment on column private.recounted_session_statistics.session_id is 'The session.';
comment on column private.recounted_session_statistics.start_time is 'Begin of the session.';
comment on column private.recounted_session_statistics.scheduled_minutes is
    'Length of the session, in minutes, rounded.';
comment on column private.recounted_session_statistics.status is 'Status of the session, as stored.';
comment on column private.recounted_session_statistics.session_type is 'Kind of session.';
comment on column private.recounted_session_statistics.registration_required is 'Whether students need a seat.';
comment on column private.recounted_session_statistics.host_key is 'The mentor, or the zero uuid.';
comment on column private.recounted_session_statistics.first_host_key is
    'The first mentor the session was given to, or the zero uuid; another one than host_key: it was handed over.';
comment on column private.recounted_session_statistics.present is 'Students marked present.';
comment on column private.recounted_session_statistics.late is 'Students marked late.';
comment on column private.recounted_session_statistics.partial is 'Students marked partial.';
comment on column private.recounted_session_statistics.absent is 'Students marked absent.';
comment on column private.recounted_session_statistics.excused is 'Students marked excused.';
comment on column private.recounted_session_statistics.minutes is
    'Minutes present, summed over those counted in minutes_to_….';
comment on column private.recounted_session_statistics.registered is 'Students who hold a seat.';
comment on column private.recounted_session_statistics.seats is 'Seats there were; 0 where capacity is null.';
comment on column private.recounted_session_statistics.ratings is 'Number of ratings.';
comment on column private.recounted_session_statistics.rating_points is 'Sum of the ratings, 1 to 5 each.';
comment on column private.recounted_session_statistics.minutes_to_5 is
    'Students who came, and whose presence was measured (joined_at is known), for 0 to 5 minutes.';
comment on column private.recounted_session_statistics.minutes_to_10 is
    'Students who came, and whose presence was measured (joined_at is known), for 6 to 10 minutes.';
comment on column private.recounted_session_statistics.minutes_to_15 is
    'Students who came, and whose presence was measured (joined_at is known), for 11 to 15 minutes.';
comment on column private.recounted_session_statistics.minutes_to_20 is
    'Students who came, and whose presence was measured (joined_at is known), for 16 to 20 minutes.';
comment on column private.recounted_session_statistics.minutes_to_25 is
    'Students who came, and whose presence was measured (joined_at is known), for 21 to 25 minutes.';
comment on column private.recounted_session_statistics.minutes_to_30 is
    'Students who came, and whose presence was measured (joined_at is known), for 26 to 30 minutes.';
comment on column private.recounted_session_statistics.minutes_to_35 is
    'Students who came, and whose presence was measured (joined_at is known), for 31 to 35 minutes.';
comment on column private.recounted_session_statistics.minutes_to_40 is
    'Students who came, and whose presence was measured (joined_at is known), for 36 to 40 minutes.';
comment on column private.recounted_session_statistics.minutes_to_45 is
    'Students who came, and whose presence was measured (joined_at is known), for 41 to 45 minutes.';
comment on column private.recounted_session_statistics.minutes_to_50 is
    'Students who came, and whose presence was measured (joined_at is known), for 46 to 50 minutes.';
comment on column private.recounted_session_statistics.minutes_to_55 is
    'Students who came, and whose presence was measured (joined_at is known), for 51 to 55 minutes.';
comment on column private.recounted_session_statistics.minutes_to_60 is
    'Students who came, and whose presence was measured (joined_at is known), for 56 to 60 minutes.';
comment on column private.recounted_session_statistics.minutes_to_75 is
    'Students who came, and whose presence was measured (joined_at is known), for 61 to 75 minutes.';
comment on column private.recounted_session_statistics.minutes_to_90 is
    'Students who came, and whose presence was measured (joined_at is known), for 76 to 90 minutes.';
comment on column private.recounted_session_statistics.minutes_to_120 is
    'Students who came, and whose presence was measured (joined_at is known), for 91 to 120 minutes.';
comment on column private.recounted_session_statistics.minutes_to_180 is
    'Students who came, and whose presence was measured (joined_at is known), for 121 to 180 minutes.';
comment on column private.recounted_session_statistics.minutes_to_240 is
    'Students who came, and whose presence was measured (joined_at is known), for 181 to 240 minutes.';
comment on column private.recounted_session_statistics.minutes_to_1440 is
    'Students who came, and whose presence was measured (joined_at is known), for 241 to 1440 minutes.';
comment on column private.recounted_session_statistics.course_id is 'Course of the session.';
comment on column private.recounted_session_statistics.batch_id is 'Batch of the session.';
comment on column private.recounted_session_statistics.host_joined_at is
    'When the mentor first joined; null: not seen.';

-- Brings the rows of some sessions in line with the sessions. The rows are locked first, in the order of their ids:
-- whoever is writing attendance of these sessions holds a share of the lock, and is waited for, so that the recount,
-- which is a statement of its own, sees it.
create function private.refresh_session_statistics(session_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from private.session_statistics as statistics
    where statistics.session_id = any(session_ids)
    order by statistics.session_id
    for update;
    update private.session_statistics as statistics
    set (
        session_id, start_time, scheduled_minutes, status, session_type, registration_required, host_key,
        first_host_key, present, late, partial, absent, excused, minutes, registered, seats, ratings,
        rating_points, minutes_to_5, minutes_to_10, minutes_to_15, minutes_to_20, minutes_to_25,
        minutes_to_30, minutes_to_35, minutes_to_40, minutes_to_45, minutes_to_50, minutes_to_55,
        minutes_to_60, minutes_to_75, minutes_to_90, minutes_to_120, minutes_to_180, minutes_to_240,
        minutes_to_1440, course_id, batch_id, host_joined_at
    ) = (
        select recounted.*
        from private.recounted_session_statistics as recounted
        where recounted.session_id = statistics.session_id
    )
    where statistics.session_id = any(session_ids);
end
$$;
comment on function private.refresh_session_statistics(uuid[]) is
    'Recounts the statistics of some sessions, which have a row each.';
revoke execute on function private.refresh_session_statistics(uuid[]) from public;

-- The other half of private.refresh_session_statistics: whoever writes what is counted shares the lock of the session's
-- row to the end of the transaction. Shared, it holds up nobody who joins at the same moment, and not those who correct
-- a session that is over (key share and no key update go together); the one who completes the session waits, and counts
-- what was written. A writer who had to wait for that finds the session completed, and adds what it wrote itself.
create function private.hold_session_statistics(session_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from private.session_statistics as statistics
    where statistics.session_id = any(session_ids)
    order by statistics.session_id
    for key share;
    return array(
        select statistics.session_id
        from private.session_statistics as statistics
        where statistics.session_id = any(session_ids) and statistics.status = 'completed'
    );
end
$$;
comment on function private.hold_session_statistics(uuid[]) is
    'Keeps sessions from being completed until the transaction ends, and answers those that are completed: what is written about them is to be added to their statistics.';
revoke execute on function private.hold_session_statistics(uuid[]) from public;

-- Adds students of a completed session to its statistics, or takes them away. One row of arguments per session, however
-- many students there are.
create function private.add_attendance_statistics(
    session_id uuid,
    statuses public.attendance_status[],
    minutes integer[],
    sign integer
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update private.session_statistics as statistics set
        present = statistics.present + sign * added.present,
        late = statistics.late + sign * added.late,
        partial = statistics.partial + sign * added.partial,
        absent = statistics.absent + sign * added.absent,
        excused = statistics.excused + sign * added.excused,
        minutes = statistics.minutes + sign * added.minutes,
        minutes_to_5 = statistics.minutes_to_5 + sign * added.minutes_to_5,
        minutes_to_10 = statistics.minutes_to_10 + sign * added.minutes_to_10,
        minutes_to_15 = statistics.minutes_to_15 + sign * added.minutes_to_15,
        minutes_to_20 = statistics.minutes_to_20 + sign * added.minutes_to_20,
        minutes_to_25 = statistics.minutes_to_25 + sign * added.minutes_to_25,
        minutes_to_30 = statistics.minutes_to_30 + sign * added.minutes_to_30,
        minutes_to_35 = statistics.minutes_to_35 + sign * added.minutes_to_35,
        minutes_to_40 = statistics.minutes_to_40 + sign * added.minutes_to_40,
        minutes_to_45 = statistics.minutes_to_45 + sign * added.minutes_to_45,
        minutes_to_50 = statistics.minutes_to_50 + sign * added.minutes_to_50,
        minutes_to_55 = statistics.minutes_to_55 + sign * added.minutes_to_55,
        minutes_to_60 = statistics.minutes_to_60 + sign * added.minutes_to_60,
        minutes_to_75 = statistics.minutes_to_75 + sign * added.minutes_to_75,
        minutes_to_90 = statistics.minutes_to_90 + sign * added.minutes_to_90,
        minutes_to_120 = statistics.minutes_to_120 + sign * added.minutes_to_120,
        minutes_to_180 = statistics.minutes_to_180 + sign * added.minutes_to_180,
        minutes_to_240 = statistics.minutes_to_240 + sign * added.minutes_to_240,
        minutes_to_1440 = statistics.minutes_to_1440 + sign * added.minutes_to_1440
    from (
        select
            count(*) filter (where student.status = 'present') as present,
            count(*) filter (where student.status = 'late') as late,
            count(*) filter (where student.status = 'partial') as partial,
            count(*) filter (where student.status = 'absent') as absent,
            count(*) filter (where student.status = 'excused') as excused,
            coalesce(sum(student.minutes), 0) as minutes,
            count(*) filter (where student.minutes between 0 and 5) as minutes_to_5,
            count(*) filter (where student.minutes between 6 and 10) as minutes_to_10,
            count(*) filter (where student.minutes between 11 and 15) as minutes_to_15,
            count(*) filter (where student.minutes between 16 and 20) as minutes_to_20,
            count(*) filter (where student.minutes between 21 and 25) as minutes_to_25,
            count(*) filter (where student.minutes between 26 and 30) as minutes_to_30,
            count(*) filter (where student.minutes between 31 and 35) as minutes_to_35,
            count(*) filter (where student.minutes between 36 and 40) as minutes_to_40,
            count(*) filter (where student.minutes between 41 and 45) as minutes_to_45,
            count(*) filter (where student.minutes between 46 and 50) as minutes_to_50,
            count(*) filter (where student.minutes between 51 and 55) as minutes_to_55,
            count(*) filter (where student.minutes between 56 and 60) as minutes_to_60,
            count(*) filter (where student.minutes between 61 and 75) as minutes_to_75,
            count(*) filter (where student.minutes between 76 and 90) as minutes_to_90,
            count(*) filter (where student.minutes between 91 and 120) as minutes_to_120,
            count(*) filter (where student.minutes between 121 and 180) as minutes_to_180,
            count(*) filter (where student.minutes between 181 and 240) as minutes_to_240,
            count(*) filter (where student.minutes between 241 and 1440) as minutes_to_1440
        from unnest(statuses, add_attendance_statistics.minutes) as student (status, minutes)
    ) as added
    where statistics.session_id = add_attendance_statistics.session_id;
end
$$;
comment on function private.add_attendance_statistics(uuid, public.attendance_status[], integer[], integer) is
    'Adds (sign 1) or takes away (-1) students of one session: their statuses, and in the same order their minutes, null for those whose presence is not measured.';
revoke execute on function private.add_attendance_statistics(
    uuid, public.attendance_status[], integer[], integer
) from public;

-- The statistics of sessions follow the sessions. Statement by statement: a tick completes many at once, and their rows
-- are locked in the order of their ids.
-- Security definer: whoever edits a session has no business with statistics.
create function private.keep_session_statistics()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids uuid[];
begin
    if tg_op = 'INSERT' then
        insert into private.session_statistics
        select recounted.*
        from private.recounted_session_statistics as recounted
        where recounted.session_id = any(array(select added.id from added));
        return null;
    end if;

    -- The plan is made for the first statement, which may have changed one row, and then kept. By the plan of an inner
    -- join a statement that changes many rows would compare each with every other. A full join, which `offset 0` keeps
    -- from being made an inner one, and `except` are never planned that way.
    insert into private.mentor_handovers (session_id, from_mentor_id, to_mentor_id)
    select pair.session_id, pair.from_mentor_id, pair.to_mentor_id
    from (
        select
            added.id as session_id,
            removed.mentor_id as from_mentor_id,
            added.mentor_id as to_mentor_id
        from removed
        full join added on removed.id = added.id
        offset 0
    ) as pair
    where
        pair.session_id is not null
        and pair.from_mentor_id is not null
        and pair.to_mentor_id is distinct from pair.from_mentor_id
    order by pair.session_id;
    v_session_ids := array(
        select changed.id
        from (
            select
                added.id, added.start_time, added.end_time, added.status, added.session_type,
                added.registration_required, added.capacity, added.mentor_id, added.course_id, added.batch_id
            from added
            except
            select
                removed.id, removed.start_time, removed.end_time, removed.status, removed.session_type,
                removed.registration_required, removed.capacity, removed.mentor_id, removed.course_id, removed.batch_id
            from removed
        ) as changed
    );
    if cardinality(v_session_ids) > 0 then
        perform private.refresh_session_statistics(v_session_ids);
    end if;
    return null;
end
$$;
comment on function private.keep_session_statistics() is
    'Keeps a row of statistics for each session, counts its students when it is completed, and records handovers between mentors.';
revoke execute on function private.keep_session_statistics() from public;

create trigger keep_session_statistics_added
after insert on public.success_sessions
referencing new table as added
for each statement execute function private.keep_session_statistics();

create trigger keep_session_statistics_changed
after update on public.success_sessions
referencing old table as removed new table as added
for each statement execute function private.keep_session_statistics();

-- Adds what a statement wrote to the statistics of completed sessions. An update fires twice: what was there is taken
-- away, what is there now is added.
-- Security definer: attendance is written in many people's names.
create function private.count_attendance()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sign constant integer := tg_argv[0]::integer;
    v_session_ids constant uuid[] := private.hold_session_statistics(
        array(select distinct changed.session_id from changed)
    );
begin
    if cardinality(v_session_ids) = 0 then
        return null;
    end if;
    perform private.add_attendance_statistics(session.id, session.statuses, session.minutes, v_sign)
    from (
        select
            changed.session_id as id,
            array_agg(changed.status) as statuses,
            array_agg(
                case
                    when changed.status in ('present', 'late', 'partial') and changed.joined_at is not null
                        then changed.minutes_present
                end
            ) as minutes
        from changed
        where changed.session_id = any(v_session_ids)
        group by changed.session_id
        order by changed.session_id
    ) as session;
    return null;
end
$$;
comment on function private.count_attendance() is
    'Adds (argument 1) or takes away (-1) the attendance that a statement wrote, in the statistics of completed sessions.';
revoke execute on function private.count_attendance() from public;

create trigger count_attendance_added
after insert on public.session_attendance
referencing new table as changed
for each statement execute function private.count_attendance('1');

create trigger count_attendance_changed_0_old
after update on public.session_attendance
referencing old table as changed
for each statement execute function private.count_attendance('-1');

create trigger count_attendance_changed_1_new
after update on public.session_attendance
referencing new table as changed
for each statement execute function private.count_attendance('1');

create trigger count_attendance_removed
after delete on public.session_attendance
referencing old table as changed
for each statement execute function private.count_attendance('-1');

-- As private.count_attendance does, for seats.
-- Security definer: registrations are written in many people's names.
create function private.count_registrations()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sign constant integer := tg_argv[0]::integer;
    v_session_ids constant uuid[] := private.hold_session_statistics(
        array(select distinct changed.session_id from changed)
    );
    v_session record;
begin
    if cardinality(v_session_ids) = 0 then
        return null;
    end if;
    for v_session in
        select changed.session_id as id, count(*) filter (where changed.status = 'registered') as registered
        from changed
        where changed.session_id = any(v_session_ids)
        group by changed.session_id
        order by changed.session_id
    loop
        update private.session_statistics as statistics
        set registered = statistics.registered + v_sign * v_session.registered
        where statistics.session_id = v_session.id;
    end loop;
    return null;
end
$$;
comment on function private.count_registrations() is
    'Adds (argument 1) or takes away (-1) the seats that a statement wrote, in the statistics of completed sessions.';
revoke execute on function private.count_registrations() from public;

create trigger count_registrations_added
after insert on public.session_registrations
referencing new table as changed
for each statement execute function private.count_registrations('1');

create trigger count_registrations_changed_0_old
after update on public.session_registrations
referencing old table as changed
for each statement execute function private.count_registrations('-1');

create trigger count_registrations_changed_1_new
after update on public.session_registrations
referencing new table as changed
for each statement execute function private.count_registrations('1');

create trigger count_registrations_removed
after delete on public.session_registrations
referencing old table as changed
for each statement execute function private.count_registrations('-1');

-- As private.count_attendance does, for ratings.
-- Security definer: whoever rates has no business with statistics.
create function private.count_ratings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sign constant integer := tg_argv[0]::integer;
    v_session_ids constant uuid[] := private.hold_session_statistics(
        array(select distinct changed.session_id from changed)
    );
    v_session record;
begin
    if cardinality(v_session_ids) = 0 then
        return null;
    end if;
    for v_session in
        select changed.session_id as id, count(*) as ratings, sum(changed.rating) as points
        from changed
        where changed.session_id = any(v_session_ids)
        group by changed.session_id
        order by changed.session_id
    loop
        update private.session_statistics as statistics
        set
            ratings = statistics.ratings + v_sign * v_session.ratings,
            rating_points = statistics.rating_points + v_sign * v_session.points
        where statistics.session_id = v_session.id;
    end loop;
    return null;
end
$$;
comment on function private.count_ratings() is
    'Adds (argument 1) or takes away (-1) the ratings that a statement wrote, in the statistics of completed sessions.';
revoke execute on function private.count_ratings() from public;

create trigger count_ratings_added
after insert on public.session_ratings
referencing new table as changed
for each statement execute function private.count_ratings('1');

create trigger count_ratings_changed_0_old
after update on public.session_ratings
referencing old table as changed
for each statement execute function private.count_ratings('-1');

create trigger count_ratings_changed_1_new
after update on public.session_ratings
referencing new table as changed
for each statement execute function private.count_ratings('1');

create trigger count_ratings_removed
after delete on public.session_ratings
referencing old table as changed
for each statement execute function private.count_ratings('-1');

-- A platform may tell after the session when its mentor came.
-- Security definer: as private.count_attendance.
create function private.count_host_presence()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_ids constant uuid[] := private.hold_session_statistics(
        array(select distinct changed.session_id from changed)
    );
    v_presence record;
begin
    for v_presence in
        select changed.session_id, changed.host_id, changed.joined_at
        from changed
        where changed.session_id = any(v_session_ids)
        order by changed.session_id
    loop
        update private.session_statistics as statistics
        set host_joined_at = v_presence.joined_at
        where statistics.session_id = v_presence.session_id and statistics.host_key = v_presence.host_id;
    end loop;
    return null;
end
$$;
comment on function private.count_host_presence() is
    'Keeps the statistics of completed sessions true to when their mentors came.';
revoke execute on function private.count_host_presence() from public;

create trigger count_host_presence_added
after insert on private.host_presence
referencing new table as changed
for each statement execute function private.count_host_presence();

create trigger count_host_presence_changed
after update on private.host_presence
referencing new table as changed
for each statement execute function private.count_host_presence();

-- For DBAs. One statement sees one moment: whatever is being written meanwhile, no row is to be answered.
create function private.check_session_statistics()
returns table (session_id uuid, kept jsonb, recounted jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        coalesce(statistics.session_id, counted.session_id),
        to_jsonb(statistics),
        to_jsonb(counted)
    from private.session_statistics as statistics
    full join private.recounted_session_statistics as counted on statistics.session_id = counted.session_id
    where to_jsonb(statistics) is distinct from to_jsonb(counted);
end
$$;
comment on function private.check_session_statistics() is
    'Recounts everything and answers the sessions whose statistics differ: what is kept, and what it should be. For DBAs; costs a read of all attendance.';
revoke execute on function private.check_session_statistics() from public;

-- For DBAs, after rows were loaded past the triggers.
create function private.rebuild_session_statistics()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_made bigint;
    v_wrong_ids uuid[];
begin
    v_wrong_ids := array(
        select statistics.session_id
        from private.session_statistics as statistics
        inner join private.recounted_session_statistics as counted on statistics.session_id = counted.session_id
        where to_jsonb(statistics) is distinct from to_jsonb(counted)
    );
    perform private.refresh_session_statistics(v_wrong_ids);
    insert into private.session_statistics
    select counted.*
    from private.recounted_session_statistics as counted
    where not exists (
        select from private.session_statistics as statistics where statistics.session_id = counted.session_id
    )
    on conflict do nothing;
    get diagnostics v_made = row_count;
    return v_made + cardinality(v_wrong_ids);
end
$$;
comment on function private.rebuild_session_statistics() is
    'Recounts everything and puts right the statistics of sessions that lack them or differ; how many. For DBAs: costs a read of all attendance, and locks the rows it mends until the transaction ends.';
revoke execute on function private.rebuild_session_statistics() from public;

-- == Reports =========================================================================================================

-- What every report means by a rate. In PL/pgSQL, which works it out without a query for each line of the report.
create function private.share(part numeric, whole numeric)
returns numeric
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return round(part / nullif(whole, 0), 4);
end
$$;
comment on function private.share(numeric, numeric) is 'A share of a whole in four decimals; null of nothing.';
revoke execute on function private.share(numeric, numeric) from public;

-- One list of the steps in which private.session_statistics counts stays: five minutes up to an hour, then wider.
create function private.stay_bounds()
returns integer[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array[5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 75, 90, 120, 180, 240, 1440];
end
$$;
comment on function private.stay_bounds() is
    'The most minutes that each of the columns minutes_to_… of private.session_statistics counts, in their order.';
revoke execute on function private.stay_bounds() from public;

-- Exact but for the steps in which stays are counted: percentile_disc over minutes rounded up to the end of their step.
-- A loop and no query, which each session of a report would begin and end three times.
create function private.stay_percentile(stays bigint[], fraction numeric)
returns integer
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bounds constant integer[] := private.stay_bounds();
    v_students bigint := 0;
    v_step integer := 0;
    v_count bigint;
    v_left bigint;
begin
    foreach v_count in array stays loop
        v_students := v_students + v_count;
    end loop;
    v_left := ceil(fraction * v_students);
    while v_left > 0 loop
        v_step := v_step + 1;
        v_left := v_left - stays[v_step];
    end loop;
    return v_bounds[v_step];
end
$$;
comment on function private.stay_percentile(bigint[], numeric) is
    'The shortest of private.stay_bounds that this fraction of the students did not stay longer than; null of nobody.';
revoke execute on function private.stay_percentile(bigint[], numeric) from public;

-- With fewer than three ratings a mentor would know who gave them. In PL/pgSQL: see private.share.
create function private.shown_rating(rating_points numeric, ratings numeric, to_mentor boolean)
returns numeric
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when ratings >= case when to_mentor then 3 else 1 end then round(rating_points / ratings, 2) end;
end
$$;
comment on function private.shown_rating(numeric, numeric, boolean) is
    'The mean rating in two decimals; null of none, and for mentors of fewer than three.';
revoke execute on function private.shown_rating(numeric, numeric, boolean) from public;

-- The days a report is about, cut into its periods, and the period before them for comparison: as long as the first
-- would be if nothing were cut off. With no grain there is one.
create function private.report_periods(from_date date, to_date date, grain text, timezone text)
returns setof private.report_period
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_days constant integer := 1096;
    c_most_single_days constant integer := 366;
    v_message text := case
        when from_date is null then 'from_date must not be null'
        when to_date is null then 'to_date must not be null'
        when from_date < date '2000-01-01' or from_date >= date '2200-01-01'
            then 'from_date must be in the years 2000 to 2199'
        when to_date < from_date then 'to_date must not be before from_date'
        when to_date >= date '2200-01-01' then 'to_date must be in the years 2000 to 2199'
        when to_date - from_date >= c_most_days
            then format('to_date must be at most %s days after from_date', c_most_days - 1)
        when grain not in ('day', 'week', 'month')
            then format('grain must be day, week or month, not %s', quote_literal(left(grain, 50)))
        when grain = 'day' and to_date - from_date >= c_most_single_days
            then format('to_date must be at most %s days after from_date for grain day', c_most_single_days - 1)
        when not exists (select from private.time_zones as zone where zone.name = report_periods.timezone)
            then format('timezone %s is unknown', quote_literal(left(timezone, 100)))
    end;
    v_before date;
begin
    if v_message is not null then
        raise exception using
            errcode = '22023',
            message = v_message,
            hint = 'Send days such as 2027-03-01; as grain day, week, month or null; as timezone an IANA name.';
    end if;
    v_before := case
        when grain is null then from_date - (to_date - from_date + 1)
        else (from_date - ('1 ' || grain)::interval)::date
    end;
    return query
    with
    day as (
        select v_before as first_day
        union all
        select from_date
        union all
        select step.begins::date
        from generate_series(
            date_trunc(coalesce(grain, 'day'), from_date::timestamp), to_date::timestamp, ('1 ' || grain)::interval
        ) as step (begins)
        where step.begins > from_date
    ),

    cut as (
        select
            day.first_day,
            lead(day.first_day, 1, to_date + 1) over (order by day.first_day) as next_day
        from day
    )

    select
        row_number() over (order by cut.first_day)::integer - 1,
        cut.first_day,
        cut.next_day - 1,
        private.local_to_instant(cut.first_day::timestamp, timezone),
        private.local_to_instant(cut.next_day::timestamp, timezone)
    from cut
    order by cut.first_day;
end
$$;
comment on function private.report_periods(date, date, text, text) is
    'The periods from from_date to to_date, both included, by grain (day; week, from Monday; month; null: one), the first and last cut off at these, and as number 0 the period before. Errors: 22023 naming the argument.';
revoke execute on function private.report_periods(date, date, text, text) from public;

-- Who may see which figures: managers everybody's, mentors their own.
create function private.report_host(mentor_id uuid)
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if private.is_manager() then
        return mentor_id;
    end if;
    if not private.has_role('mentor') then
        raise exception using
            errcode = '42501',
            message = 'only managers and mentors may see these figures',
            hint = 'Students see their own with student_participation.';
    end if;
    if mentor_id <> auth.uid() then
        raise exception using
            errcode = '42501',
            message = 'mentor_id must be your own id: mentors see the figures of the sessions they host',
            hint = 'Leave it out, or ask a manager.';
    end if;
    return auth.uid();
end
$$;
comment on function private.report_host(uuid) is
    'The mentor whose sessions a report of the caller is about: the one asked for (null: all) for managers, the caller for mentors. Errors: 42501 for everybody else, and for a mentor who asks for another.';
revoke execute on function private.report_host(uuid) from public;

-- The one query that reports rest on: it reads a row per session, never attendance. What is not asked for is null, and
-- planned away. It may read the statistics from end to end, which is best for a year of everybody, whatever its caller
-- has said of other tables. The planner takes every session for a group of its own, as it cannot know how wide the
-- periods are, and would sort them all, on disk: with room for so many groups it hashes the few there are, in a few
-- megabytes at most. That halves a year of 50,000 sessions.
create function private.sum_sessions(
    bounds timestamptz[],
    host_key uuid,
    course_id uuid,
    batch_id uuid,
    session_type public.session_type,
    by_host boolean
)
returns setof private.session_sums
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = on
set work_mem = '32MB'
set jit = off
as $$
begin
    return query
    select
        width_bucket(statistics.start_time, bounds) - 1,
        case when by_host then statistics.host_key end,
        count(*) filter (where statistics.status = 'completed'),
        count(*) filter (where statistics.status = 'cancelled'),
        coalesce(sum(statistics.scheduled_minutes) filter (where statistics.status = 'completed'), 0),
        sum(statistics.present),
        sum(statistics.late),
        sum(statistics.partial),
        sum(statistics.absent),
        sum(statistics.excused),
        sum(statistics.minutes),
        coalesce(sum(statistics.registered) filter (where statistics.seats > 0), 0),
        sum(statistics.seats),
        coalesce(sum(statistics.absent) filter (where statistics.registration_required), 0),
        coalesce(
            sum(statistics.present + statistics.late + statistics.partial + statistics.absent)
            filter (where statistics.registration_required),
            0
        ),
        sum(statistics.ratings),
        sum(statistics.rating_points),
        array[
            sum(statistics.minutes_to_5),
            sum(statistics.minutes_to_10),
            sum(statistics.minutes_to_15),
            sum(statistics.minutes_to_20),
            sum(statistics.minutes_to_25),
            sum(statistics.minutes_to_30),
            sum(statistics.minutes_to_35),
            sum(statistics.minutes_to_40),
            sum(statistics.minutes_to_45),
            sum(statistics.minutes_to_50),
            sum(statistics.minutes_to_55),
            sum(statistics.minutes_to_60),
            sum(statistics.minutes_to_75),
            sum(statistics.minutes_to_90),
            sum(statistics.minutes_to_120),
            sum(statistics.minutes_to_180),
            sum(statistics.minutes_to_240),
            sum(statistics.minutes_to_1440)
        ]
    from private.session_statistics as statistics
    where
        statistics.start_time >= bounds[1]
        and statistics.start_time < bounds[cardinality(bounds)]
        and statistics.status in ('completed', 'cancelled')
        and (sum_sessions.host_key is null or statistics.host_key = sum_sessions.host_key)
        and (sum_sessions.course_id is null or statistics.course_id = sum_sessions.course_id)
        and (sum_sessions.batch_id is null or statistics.batch_id = sum_sessions.batch_id)
        and (sum_sessions.session_type is null or statistics.session_type = sum_sessions.session_type)
    group by 1, 2;
end
$$;
comment on function private.sum_sessions(
    timestamptz[], uuid, uuid, uuid, public.session_type, boolean
) is
    'Sums over the completed and cancelled sessions that begin in each of the periods between bounds (numbered from 0) and, if by_host, of each mentor; null arguments stand for everything.';
revoke execute on function private.sum_sessions(
    timestamptz[], uuid, uuid, uuid, public.session_type, boolean
) from public;

-- What attendance_report answers, whoever asks.
create function private.attendance_figures(
    from_date date,
    to_date date,
    course_id uuid,
    batch_id uuid,
    session_type public.session_type,
    mentor_id uuid,
    grain text,
    timezone text,
    to_mentor boolean
)
returns setof public.attendance_figures
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_periods constant private.report_period[] := array(
        select asked from private.report_periods(from_date, to_date, grain, timezone) as asked order by asked.period
    );
begin
    return query
    with
    summed as (
        select
            asked.period,
            asked.first_day,
            asked.last_day,
            coalesce(counted.sessions, 0) as sessions,
            coalesce(counted.cancelled_sessions, 0) as cancelled_sessions,
            coalesce(counted.present + counted.late + counted.partial, 0) as attended,
            coalesce(counted.present, 0) as present,
            coalesce(counted.late, 0) as late,
            coalesce(counted.partial, 0) as partial,
            coalesce(counted.absent, 0) as absent,
            coalesce(counted.excused, 0) as excused,
            coalesce(counted.no_shows, 0) as no_shows,
            counted.expected_with_seat,
            counted.minutes,
            counted.stays,
            coalesce(counted.registered, 0) as registered,
            coalesce(counted.seats, 0) as seats,
            coalesce(counted.ratings, 0) as ratings,
            counted.rating_points
        from unnest(v_periods) as asked
        left join private.sum_sessions(
            (select array_agg(edge.from_time order by edge.period) from unnest(v_periods) as edge)
            || (v_periods[cardinality(v_periods)]).to_time,
            mentor_id,
            course_id,
            batch_id,
            session_type,
            false
        ) as counted on asked.period = counted.period
    ),

    compared as (
        select
            summed.*,
            private.share(summed.attended, summed.attended + summed.absent) as attendance_rate,
            lag(private.share(summed.attended, summed.attended + summed.absent)) over (order by summed.period)
                as previous_attendance_rate
        from summed
    )

    select
        line.first_day,
        line.last_day,
        line.sessions,
        line.cancelled_sessions,
        line.attended + line.absent,
        line.attended,
        line.present,
        line.late,
        line.partial,
        line.absent,
        line.excused,
        line.attendance_rate,
        line.previous_attendance_rate,
        line.attendance_rate - line.previous_attendance_rate,
        private.share(line.late, line.attended),
        line.no_shows,
        private.share(line.no_shows, line.expected_with_seat),
        round(line.minutes / nullif((select sum(stay.students) from unnest(line.stays) as stay (students)), 0), 1),
        private.stay_percentile(line.stays, 0.1),
        private.stay_percentile(line.stays, 0.5),
        private.stay_percentile(line.stays, 0.9),
        line.registered,
        line.seats,
        private.share(line.registered, line.seats),
        line.ratings,
        private.shown_rating(line.rating_points, line.ratings, to_mentor)
    from compared as line
    where line.period > 0
    order by line.period;
end
$$;
comment on function private.attendance_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) is
    'The figures of attendance_report without asking who calls; to_mentor: small numbers of ratings are kept back.';
revoke execute on function private.attendance_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) from public;

-- Security definer: it is the API; it adds up statistics, which the caller may not read.
create function public.attendance_report(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    grain text default null,
    timezone text default null
)
returns setof public.attendance_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select figures.*
    from private.attendance_figures(
        from_date,
        to_date,
        course_id,
        batch_id,
        session_type,
        private.report_host(mentor_id),
        grain,
        coalesce(timezone, private.my_timezone()),
        not private.is_manager()
    ) as figures;
end
$$;
comment on function public.attendance_report(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) is
    'Attendance in the sessions that begin from from_date to to_date, days of timezone (the caller''s own when left out): one row for all of them, or one per day, week (from Monday) or month (grain), the first and last cut off at the dates. Each row is compared with the one before it, the first with the day, week or month before from_date, one row for all with as many days. Narrowed by course, batch, kind and mentor; an id that is unknown finds nothing. Managers all sessions, mentors those they host. Figures: see the type attendance_figures. Errors: 42501 for others, or another mentor; 22023 naming the argument, at most 1,096 days, 366 of them single.';
revoke execute on function public.attendance_report(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.attendance_report(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) to authenticated;

-- What mentor_performance answers, whoever asks.
create function private.mentor_figures(
    from_date date,
    to_date date,
    course_id uuid,
    batch_id uuid,
    session_type public.session_type,
    mentor_id uuid,
    grain text,
    timezone text,
    to_mentor boolean
)
returns setof public.mentor_figures
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_periods constant private.report_period[] := array(
        select asked from private.report_periods(from_date, to_date, grain, timezone) as asked order by asked.period
    );
    v_bounds constant timestamptz[] := array(
        select edge.from_time from unnest(v_periods) as edge order by edge.period
    ) || (v_periods[cardinality(v_periods)]).to_time;
begin
    return query
    with
    hosted as (
        select counted.*
        from private.sum_sessions(v_bounds, mentor_id, course_id, batch_id, session_type, true) as counted
    ),

    arrival as (
        select
            width_bucket(statistics.start_time, v_bounds) - 1 as period,
            statistics.host_key,
            count(*) filter (where statistics.host_joined_at <= statistics.start_time) as in_time,
            count(*) filter (where statistics.host_joined_at > statistics.start_time) as late,
            count(*) filter (where statistics.host_joined_at is null) as not_seen,
            sum(extract(epoch from statistics.host_joined_at - statistics.start_time) / 60)
            filter (where statistics.host_joined_at > statistics.start_time) as minutes_late,
            count(*) filter (where statistics.first_host_key <> statistics.host_key) as taken_over
        from private.session_statistics as statistics
        where
            statistics.start_time >= v_bounds[1]
            and statistics.start_time < v_bounds[cardinality(v_bounds)]
            and statistics.status = 'completed'
            and (mentor_figures.mentor_id is null or statistics.host_key = mentor_figures.mentor_id)
            and (mentor_figures.course_id is null or statistics.course_id = mentor_figures.course_id)
            and (mentor_figures.batch_id is null or statistics.batch_id = mentor_figures.batch_id)
            and (mentor_figures.session_type is null or statistics.session_type = mentor_figures.session_type)
        group by 1, 2
    ),

    handover as (
        select
            width_bucket(statistics.start_time, v_bounds) - 1 as period,
            statistics.first_host_key as host_key,
            count(*) as sessions
        from private.session_statistics as statistics
        where
            statistics.start_time >= v_bounds[1]
            and statistics.start_time < v_bounds[cardinality(v_bounds)]
            and statistics.status = 'completed'
            and statistics.first_host_key <> statistics.host_key
            and (mentor_figures.mentor_id is null or statistics.first_host_key = mentor_figures.mentor_id)
            and (mentor_figures.course_id is null or statistics.course_id = mentor_figures.course_id)
            and (mentor_figures.batch_id is null or statistics.batch_id = mentor_figures.batch_id)
            and (mentor_figures.session_type is null or statistics.session_type = mentor_figures.session_type)
        group by 1, 2
    ),

    -- Whoever is in any of the periods is in each of them, so that lines can be compared. The host_key of sessions
    -- without a mentor is nobody's id.
    mentor as (
        select
            profile.id,
            profile.full_name
        from public.profiles as profile
        where profile.id in (
            select hosted.host_key from hosted
            union all
            select handover.host_key from handover
        )
    ),

    line as (
        select
            mentor.id,
            mentor.full_name,
            asked.period,
            asked.first_day,
            asked.last_day,
            coalesce(hosted.sessions, 0) as sessions,
            coalesce(hosted.scheduled_minutes, 0) as scheduled_minutes,
            coalesce(hosted.cancelled_sessions, 0) as cancelled_sessions,
            coalesce(arrival.in_time, 0) as in_time,
            coalesce(arrival.late, 0) as late,
            coalesce(arrival.not_seen, 0) as not_seen,
            arrival.minutes_late,
            coalesce(arrival.taken_over, 0) as taken_over,
            coalesce(handover.sessions, 0) as handed_over,
            coalesce(hosted.present + hosted.late + hosted.partial, 0) as attended,
            coalesce(hosted.present + hosted.late + hosted.partial + hosted.absent, 0) as expected,
            coalesce(hosted.registered, 0) as registered,
            coalesce(hosted.seats, 0) as seats,
            coalesce(hosted.ratings, 0) as ratings,
            hosted.rating_points
        from mentor
        cross join unnest(v_periods) as asked
        left join hosted on mentor.id = hosted.host_key and asked.period = hosted.period
        left join arrival on mentor.id = arrival.host_key and asked.period = arrival.period
        left join handover on mentor.id = handover.host_key and asked.period = handover.period
    ),

    compared as (
        select
            line.*,
            private.share(line.attended, line.expected) as attendance_rate,
            lag(private.share(line.attended, line.expected)) over (partition by line.id order by line.period)
                as previous_attendance_rate
        from line
    )

    select
        compared.id,
        compared.full_name,
        compared.first_day,
        compared.last_day,
        compared.sessions,
        compared.scheduled_minutes,
        compared.cancelled_sessions,
        private.share(compared.cancelled_sessions, compared.sessions + compared.cancelled_sessions),
        compared.in_time,
        compared.late,
        compared.not_seen,
        private.share(compared.in_time, compared.in_time + compared.late),
        round(compared.minutes_late / nullif(compared.late, 0), 1),
        compared.taken_over,
        compared.handed_over,
        compared.expected,
        compared.attended,
        compared.attendance_rate,
        compared.previous_attendance_rate,
        compared.attendance_rate - compared.previous_attendance_rate,
        compared.registered,
        compared.seats,
        private.share(compared.registered, compared.seats),
        compared.ratings,
        private.shown_rating(compared.rating_points, compared.ratings, to_mentor)
    from compared
    where compared.period > 0
    order by compared.full_name, compared.id, compared.period;
end
$$;
comment on function private.mentor_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) is
    'The figures of mentor_performance without asking who calls; to_mentor: small numbers of ratings are kept back.';
revoke execute on function private.mentor_figures(
    date, date, uuid, uuid, public.session_type, uuid, text, text, boolean
) from public;

-- Security definer: it is the API; it adds up statistics, which the caller may not read.
create function public.mentor_performance(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    grain text default null,
    timezone text default null
)
returns setof public.mentor_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select figures.*
    from private.mentor_figures(
        from_date,
        to_date,
        course_id,
        batch_id,
        session_type,
        private.report_host(mentor_id),
        grain,
        coalesce(timezone, private.my_timezone()),
        not private.is_manager()
    ) as figures;
end
$$;
comment on function public.mentor_performance(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) is
    'What mentors did in the sessions that begin from from_date to to_date: hosting, punctuality, cancellations, handovers, attendance, fill, ratings. A row per mentor who hosted or had handed over a session then or in the period before, and period; arguments, periods, comparison and errors as for attendance_report. Managers all mentors, mentors themselves. Figures: see the type mentor_figures.';
revoke execute on function public.mentor_performance(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.mentor_performance(
    date, date, uuid, uuid, public.session_type, uuid, text, text
) to authenticated;

-- Security definer: it is the API; it reads statistics, which the caller may not.
create function public.session_effectiveness(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    timezone text default null
)
returns setof public.session_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_host_id constant uuid := private.report_host(mentor_id);
    v_to_mentor constant boolean := not private.is_manager();
    v_timezone constant text := coalesce(timezone, private.my_timezone());
    v_period private.report_period;
begin
    select asked.* into v_period
    from private.report_periods(from_date, to_date, null, v_timezone) as asked
    where asked.period = 1;
    return query
    with
    held as (
        select
            statistics.*,
            statistics.present + statistics.late + statistics.partial as attended,
            statistics.present + statistics.late + statistics.partial + statistics.absent as expected,
            array[
                statistics.minutes_to_5, statistics.minutes_to_10, statistics.minutes_to_15,
                statistics.minutes_to_20, statistics.minutes_to_25, statistics.minutes_to_30,
                statistics.minutes_to_35, statistics.minutes_to_40, statistics.minutes_to_45,
                statistics.minutes_to_50, statistics.minutes_to_55, statistics.minutes_to_60,
                statistics.minutes_to_75, statistics.minutes_to_90, statistics.minutes_to_120,
                statistics.minutes_to_180, statistics.minutes_to_240, statistics.minutes_to_1440
            ]::bigint[] as stays
        from private.session_statistics as statistics
        where
            statistics.start_time >= v_period.from_time
            and statistics.start_time < v_period.to_time
            and statistics.status = 'completed'
            and (v_host_id is null or statistics.host_key = v_host_id)
            and (session_effectiveness.course_id is null or statistics.course_id = session_effectiveness.course_id)
            and (session_effectiveness.batch_id is null or statistics.batch_id = session_effectiveness.batch_id)
            and (
                session_effectiveness.session_type is null
                or statistics.session_type = session_effectiveness.session_type
            )
    ),

    -- By a window: a join cannot be hashed by a course that may be null, and would compare each session with every
    -- course.
    counted as (
        select
            held.*,
            private.share(sum(held.attended) over alike, sum(held.expected) over alike) as usual_rate
        from held
        window alike as (partition by held.session_type, held.course_id)
    )

    select
        counted.session_id,
        session.title,
        counted.session_type,
        counted.course_id,
        counted.batch_id,
        session.mentor_id,
        mentor.full_name,
        counted.start_time,
        counted.start_time at time zone v_timezone,
        counted.scheduled_minutes,
        counted.expected::bigint,
        counted.attended::bigint,
        counted.present::bigint,
        counted.late::bigint,
        counted.partial::bigint,
        counted.absent::bigint,
        counted.excused::bigint,
        private.share(counted.attended, counted.expected),
        counted.usual_rate,
        private.share(counted.attended, counted.expected) - counted.usual_rate,
        private.share(counted.late, counted.attended),
        case when counted.registration_required then counted.absent else 0 end::bigint,
        round(counted.minutes / nullif(stay.students, 0), 1),
        private.stay_percentile(counted.stays, 0.1),
        private.stay_percentile(counted.stays, 0.5),
        private.stay_percentile(counted.stays, 0.9),
        private.share(counted.minutes, stay.students * counted.scheduled_minutes),
        counted.registered::bigint,
        nullif(counted.seats, 0)::bigint,
        private.share(counted.registered, counted.seats),
        counted.host_joined_at,
        case
            when counted.host_joined_at <= counted.start_time then 0.0
            else round(extract(epoch from counted.host_joined_at - counted.start_time) / 60, 1)
        end,
        counted.first_host_key <> counted.host_key,
        counted.ratings::bigint,
        private.shown_rating(counted.rating_points, counted.ratings, v_to_mentor)
    from counted
    inner join public.success_sessions as session on counted.session_id = session.id
    left join public.profiles as mentor on session.mentor_id = mentor.id
    cross join lateral (
        select sum(step.students) as students
        from unnest(counted.stays) as step (students)
    ) as stay
    order by counted.start_time, counted.session_id;
end
$$;
comment on function public.session_effectiveness(
    date, date, uuid, uuid, public.session_type, uuid, text
) is
    'How each completed session that began from from_date to to_date went, in the order of time: attendance, how it compares with the usual of its kind and course in the same report, minutes, fill, when the mentor came, ratings. Arguments, days and errors as for attendance_report. Managers all sessions, mentors those they host. Figures: see the type session_figures.';
revoke execute on function public.session_effectiveness(
    date, date, uuid, uuid, public.session_type, uuid, text
) from public, anon, authenticated, service_role;
grant execute on function public.session_effectiveness(
    date, date, uuid, uuid, public.session_type, uuid, text
) to authenticated;

-- Security definer: it is the API; it finds sessions by statistics, which the caller may not read.
create function public.student_participation(
    from_date date,
    to_date date,
    course_id uuid default null,
    batch_id uuid default null,
    session_type public.session_type default null,
    mentor_id uuid default null,
    student_id uuid default null,
    grain text default null,
    timezone text default null
)
returns setof public.participation_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    c_most_days_of_all constant integer := 31;
    v_student_id uuid := student_id;
    v_host_id uuid := mentor_id;
    v_timezone constant text := coalesce(timezone, private.my_timezone());
    v_periods constant private.report_period[] := array(
        select asked
        from private.report_periods(from_date, to_date, grain, v_timezone) as asked
        order by asked.period
    );
    v_bounds constant timestamptz[] := array(
        select edge.from_time from unnest(v_periods) as edge order by edge.period
    ) || (v_periods[cardinality(v_periods)]).to_time;
begin
    if not private.is_manager() and student_id is distinct from auth.uid() then
        if private.has_role('mentor') then
            v_host_id := private.report_host(mentor_id);
        elsif student_id is null then
            v_student_id := auth.uid();
        else
            raise exception using
                errcode = '42501',
                message = 'student_id must be your own id: students see their own participation',
                hint = 'Leave it out, or ask a manager.';
        end if;
    end if;
    -- Without any of these filters everybody's attendance is counted row by row, which for longer would take more time
    -- than a request has.
    if
        v_student_id is null and v_host_id is null and course_id is null and batch_id is null
        and to_date - from_date >= c_most_days_of_all
    then
        raise exception using
            errcode = '22023',
            message = format(
                'to_date must be at most %s days after from_date for all students', c_most_days_of_all - 1
            ),
            hint = 'Send a course_id, batch_id, mentor_id or student_id, or ask for one month after the other.';
    end if;

    return query
    with
    counted as (
        select
            attendance.student_id,
            width_bucket(statistics.start_time, v_bounds) - 1 as period,
            count(*) as sessions,
            count(*) filter (where attendance.status = 'present') as present,
            count(*) filter (where attendance.status = 'late') as late,
            count(*) filter (where attendance.status = 'partial') as partial,
            count(*) filter (where attendance.status = 'absent') as absent,
            count(*) filter (where attendance.status = 'excused') as excused,
            count(*) filter (where attendance.status = 'absent' and statistics.registration_required) as no_shows,
            count(*) filter (where measured.holds) as measured,
            sum(attendance.minutes_present) filter (where measured.holds) as minutes,
            sum(statistics.scheduled_minutes) filter (where measured.holds) as scheduled,
            max(statistics.start_time) filter (where attendance.status in ('present', 'late', 'partial'))
                as last_attended_at
        from private.session_statistics as statistics
        inner join public.session_attendance as attendance on statistics.session_id = attendance.session_id
        cross join lateral (
            select
                attendance.status in ('present', 'late', 'partial') and attendance.joined_at is not null as holds
        ) as measured
        where
            statistics.start_time >= v_bounds[1]
            and statistics.start_time < v_bounds[cardinality(v_bounds)]
            and statistics.status = 'completed'
            and (v_student_id is null or attendance.student_id = v_student_id)
            -- One student's sessions are found by the student's own attendance. `is not distinct from` keeps Postgres
            -- from the indexes on these columns, because the time of such a search would tell how many sessions others
            -- have.
            and case
                when v_host_id is null then true
                when v_student_id is null then statistics.host_key = v_host_id
                else statistics.host_key is not distinct from v_host_id
            end
            and case
                when student_participation.course_id is null then true
                when v_student_id is null then statistics.course_id = student_participation.course_id
                else statistics.course_id is not distinct from student_participation.course_id
            end
            and case
                when student_participation.batch_id is null then true
                when v_student_id is null then statistics.batch_id = student_participation.batch_id
                else statistics.batch_id is not distinct from student_participation.batch_id
            end
            and (
                student_participation.session_type is null
                or statistics.session_type = student_participation.session_type
            )
        group by 1, 2
    ),

    -- Whoever is in any of the periods is in each of them, so that lines can be compared.
    line as (
        select
            student.id,
            student.full_name,
            asked.period,
            asked.first_day,
            asked.last_day,
            coalesce(counted.sessions, 0) as sessions,
            coalesce(counted.present + counted.late + counted.partial, 0) as attended,
            coalesce(counted.present, 0) as present,
            coalesce(counted.late, 0) as late,
            coalesce(counted.partial, 0) as partial,
            coalesce(counted.absent, 0) as absent,
            coalesce(counted.excused, 0) as excused,
            coalesce(counted.no_shows, 0) as no_shows,
            counted.measured,
            coalesce(counted.minutes, 0) as minutes,
            counted.scheduled,
            counted.last_attended_at
        from public.profiles as student
        cross join unnest(v_periods) as asked
        left join counted on student.id = counted.student_id and asked.period = counted.period
        where student.id in (select known.student_id from counted as known)
    ),

    compared as (
        select
            line.*,
            private.share(line.attended, line.attended + line.absent) as attendance_rate,
            lag(private.share(line.attended, line.attended + line.absent))
                over (partition by line.id order by line.period)
                as previous_attendance_rate
        from line
    )

    select
        compared.id,
        compared.full_name,
        compared.first_day,
        compared.last_day,
        compared.sessions,
        compared.attended + compared.absent,
        compared.attended,
        compared.present,
        compared.late,
        compared.partial,
        compared.absent,
        compared.excused,
        compared.attendance_rate,
        compared.previous_attendance_rate,
        compared.attendance_rate - compared.previous_attendance_rate,
        private.share(compared.late, compared.attended),
        compared.no_shows,
        compared.minutes,
        round(compared.minutes::numeric / nullif(compared.measured, 0), 1),
        private.share(compared.minutes, compared.scheduled),
        compared.last_attended_at
    from compared
    where compared.period > 0
    order by compared.full_name, compared.id, compared.period;
end
$$;
comment on function public.student_participation(
    date, date, uuid, uuid, public.session_type, uuid, uuid, text, text
) is
    'How students took part in the completed sessions that began from from_date to to_date: a row per student with a record of attendance then or in the period before, and period; arguments, periods, comparison and errors as for attendance_report. Managers all students, at most 31 days of them unless a course, batch, mentor or student is named; mentors those of sessions they host; students themselves. Figures: see the type participation_figures.';
revoke execute on function public.student_participation(
    date, date, uuid, uuid, public.session_type, uuid, uuid, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.student_participation(
    date, date, uuid, uuid, public.session_type, uuid, uuid, text, text
) to authenticated;

-- Security definer: it is the API; it writes ratings, which the caller may not touch. Whoever attended may rate, even
-- if access has ended meanwhile.
create function public.rate_session(session_id uuid, rating integer, comment text default null)
returns public.session_ratings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_comment constant text := nullif(btrim(comment), '');
    v_session public.success_sessions;
    v_attendance public.session_attendance;
    v_rating public.session_ratings;
begin
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where attendance.session_id = rate_session.session_id and attendance.student_id = auth.uid();
    if found then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = rate_session.session_id;
    else
        v_session := private.visible_session(session_id);
    end if;

    if private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time) <> 'completed' then
        raise exception using
            errcode = 'PT409',
            message = case v_session.status
                when 'cancelled' then 'this session was cancelled'
                else 'this session is not over yet'
            end,
            detail = case v_session.status
                when 'cancelled' then coalesce(v_session.cancel_reason, 'no reason was given')
                else 'it ends at ' || private.utc_text(v_session.end_time)
            end,
            hint = 'Sessions are rated by those who attended, once they are over.';
    end if;
    if v_attendance.status in ('present', 'late', 'partial') is not true then
        raise exception using
            errcode = '42501',
            message = 'only students who attended a session may rate it',
            hint = 'Ask the mentor to correct your attendance if you were there.';
    end if;
    if rating is null then
        raise exception using
            errcode = '22023',
            message = 'rating must not be null',
            hint = 'Send 1 (poor) to 5 (excellent).';
    end if;

    insert into public.session_ratings (session_id, student_id, rating, comment)
    values (session_id, auth.uid(), rating, v_comment)
    on conflict on constraint session_ratings_pkey do nothing
    returning * into v_rating;
    if not found then
        select given.* into v_rating
        from public.session_ratings as given
        where given.session_id = rate_session.session_id and given.student_id = auth.uid();
        if (v_rating.rating, v_rating.comment) is distinct from (rating, v_comment) then
            raise exception using
                errcode = 'PT409',
                message = 'you have rated this session already',
                detail = format('with %s', v_rating.rating),
                hint = 'A rating stays as it was given.';
        end if;
    end if;
    return v_rating;
end
$$;
comment on function public.rate_session(uuid, integer, text) is
    'Rates a session that the caller attended (present, late or partial) and that is over: rating 1 to 5, comment optional, once; the same again answers the same. Errors: PT404 unknown or not visible; 42501 did not attend; PT409 not over, cancelled, or rated otherwise already; 22023.';
revoke execute on function public.rate_session(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.rate_session(uuid, integer, text) to authenticated;

-- What the report page and the weekly mail to admins show: the whole period, its course, and who and what was in it.
-- Everything comes from the statistics of sessions; the lists end where a page would.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.report(from_date date, to_date date, timezone text)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
    c_most_lines constant integer := 25;
    v_days integer;
    v_grain text;
    v_bounds timestamptz[];
begin
    select array[asked.from_time, asked.to_time] into v_bounds
    from private.report_periods(from_date, to_date, null, timezone) as asked
    where asked.period = 1;
    v_days := to_date - from_date + 1; -- not before the days are known to be any: there are infinite dates
    v_grain := case when v_days <= 14 then 'day' when v_days <= 200 then 'week' else 'month' end;
    return jsonb_build_object(
        'from_date', from_date,
        'to_date', to_date,
        'timezone', timezone,
        'made_at', clock_timestamp(),
        'total', (
            select to_jsonb(figures)
            from private.attendance_figures(
                from_date, to_date, null, null, null, null, null, timezone, false
            ) as figures
        ),
        'grain', v_grain,
        'periods', (
            select jsonb_agg(to_jsonb(figures) order by figures.period_start)
            from private.attendance_figures(
                from_date, to_date, null, null, null, null, v_grain, timezone, false
            ) as figures
        ),
        'stays', (
            select coalesce(jsonb_agg(jsonb_build_object('minutes', stay.minutes, 'students', stay.students)), '[]')
            from private.sum_sessions(v_bounds, null, null, null, null, false) as summed
            cross join lateral unnest(private.stay_bounds(), summed.stays) as stay (minutes, students)
        ),
        'kinds', (
            select
                coalesce(
                    jsonb_agg(
                        to_jsonb(figures) || jsonb_build_object('session_type', kind.name) order by kind.name
                    ),
                    '[]'
                )
            from unnest(enum_range(null::public.session_type)) as kind (name)
            cross join lateral private.attendance_figures(
                from_date, to_date, null, null, kind.name, null, null, timezone, false
            ) as figures
            where figures.sessions + figures.cancelled_sessions > 0
        ),
        'courses', (
            select coalesce(jsonb_agg(to_jsonb(line) order by line.expected desc, line.name), '[]')
            from (
                select
                    course.name,
                    count(*) as sessions,
                    sum(statistics.present + statistics.late + statistics.partial) as attended,
                    sum(statistics.present + statistics.late + statistics.partial + statistics.absent) as expected,
                    private.share(
                        sum(statistics.present + statistics.late + statistics.partial),
                        sum(statistics.present + statistics.late + statistics.partial + statistics.absent)
                    ) as attendance_rate
                from private.session_statistics as statistics
                inner join public.courses as course on statistics.course_id = course.id
                where
                    statistics.start_time >= v_bounds[1]
                    and statistics.start_time < v_bounds[2]
                    and statistics.status = 'completed'
                group by course.id
                order by expected desc, course.name
                limit c_most_lines
            ) as line
        ),
        'mentors', (
            select coalesce(jsonb_agg(to_jsonb(line) order by line.sessions desc, line.mentor_name), '[]')
            from (
                select figures.*
                from private.mentor_figures(
                    from_date, to_date, null, null, null, null, null, timezone, false
                ) as figures
                order by figures.sessions desc, figures.mentor_name
                limit c_most_lines
            ) as line
        )
    );
end
$$;
comment on function notifier.report(date, date, text) is
    'The report page of a period: {"from_date", "to_date", "timezone", "made_at", "total", "grain", "periods", "stays": [{"minutes", "students"}], "kinds", "courses", "mentors"}, figures as in attendance_figures and mentor_figures; courses and mentors the 25 with most. Errors: 22023 naming the argument.';
revoke execute on function notifier.report(date, date, text) from public;
grant execute on function notifier.report(date, date, text) to notifier;

-- The next of the managers who asked for the report and were not sent it: notification_preferences with the kind
-- weekly_report. Looked up at the moment of sending, as everything is: who is no manager any more gets none. One at a
-- time, so that a lease need only last for one mail, however many there are.
--
-- Somebody else may have taken a candidate since this statement began, hence the loop: then it is the next one's turn.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.claim_report_mail(
    from_date date,
    to_date date,
    lease interval,
    after uuid default null,
    try_refused boolean default false
)
returns table (
    mail_id uuid,
    claim_id uuid,
    recipient_id uuid,
    address text,
    full_name text,
    timezone text,
    locale text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_candidate record;
begin
    for v_candidate in
        select
            preference.user_id,
            btrim(account.email) as address,
            profile.full_name,
            profile.timezone,
            profile.locale
        from public.notification_preferences as preference
        inner join auth.users as account on preference.user_id = account.id
        inner join public.profiles as profile on preference.user_id = profile.id
        where
            preference.kind = 'weekly_report'
            and preference.enabled
            and preference.user_id > coalesce(after, '00000000-0000-0000-0000-000000000000')
            and btrim(account.email) <> ''
            and account.deleted_at is null
            and exists (
                select from public.user_roles as held
                where
                    held.user_id = preference.user_id
                    and held.role in ('enrollment_manager', 'admin', 'superadmin')
                offset 0
            )
            and not exists (
                select from notifier.suppressions as known
                where
                    known.address_hash = notifier.address_hash(account.email)
                    and known.suppressed_at is not null
                offset 0
            )
            and not exists (
                select from notifier.report_mails as settled
                where
                    settled.recipient_id = preference.user_id
                    and settled.first_day = from_date
                    and settled.last_day = to_date
                    and (
                        settled.sent_at is not null
                        or (settled.refused_at is not null and not try_refused)
                        or settled.held_until > clock_timestamp()
                    )
                offset 0
            )
        order by preference.user_id
    loop
        insert into notifier.report_mails as mail (recipient_id, first_day, last_day, claim_id, held_until)
        values (v_candidate.user_id, from_date, to_date, gen_random_uuid(), clock_timestamp() + lease)
        on conflict on constraint report_mails_recipient_id_first_day_last_day_key do update
            set claim_id = excluded.claim_id, held_until = excluded.held_until, refused_at = null
            where
                mail.sent_at is null
                and (mail.refused_at is null or try_refused)
                and mail.held_until <= clock_timestamp()
        returning mail.id, mail.claim_id, mail.recipient_id into mail_id, claim_id, recipient_id;
        if found then
            address := v_candidate.address;
            full_name := v_candidate.full_name;
            timezone := v_candidate.timezone;
            locale := v_candidate.locale;
            return next;
            return;
        end if;
    end loop;
end
$$;
comment on function notifier.claim_report_mail(date, date, interval, uuid, boolean) is
    'Claims a mail of the report of these days, until the lease ends, for the next manager after this one (null: for the first) who wants it (notification_preferences, kind weekly_report) and was not sent it; with try_refused also where it was refused for good. Nobody is claimed twice at a time; no row: there is none.';
revoke execute on function notifier.claim_report_mail(date, date, interval, uuid, boolean) from public;
grant execute on function notifier.claim_report_mail(date, date, interval, uuid, boolean) to notifier;

-- Security definer: role notifier may call the queue's functions and write nothing.
create function notifier.complete_report_mail(mail_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update notifier.report_mails as mail set sent_at = clock_timestamp(), refused_at = null
    where mail.id = mail_id and mail.sent_at is null;
    return found;
end
$$;
comment on function notifier.complete_report_mail(uuid) is
    'Records that a mail of claim_report_mail was accepted; whether that was news.';
revoke execute on function notifier.complete_report_mail(uuid) from public;
grant execute on function notifier.complete_report_mail(uuid) to notifier;

-- What was certainly not sent may be tried again at once, by whoever looks next; what perhaps was, when the lease ends.
-- Security definer: role notifier may call the queue's functions and write nothing.
create function notifier.fail_report_mail(claim uuid, mail_id uuid, failure text, error text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if failure is null or failure not in ('transient', 'permanent', 'unknown') then
        raise exception using
            errcode = '22023',
            message = format(
                'failure must be transient, permanent or unknown, not %s', coalesce(quote_literal(failure), 'null')
            );
    end if;
    update notifier.report_mails as mail
    set
        held_until = case failure when 'unknown' then mail.held_until else clock_timestamp() end,
        refused_at = case failure when 'permanent' then clock_timestamp() end,
        last_error = notifier.redacted_error(error)
    where mail.id = mail_id and mail.claim_id = claim and mail.sent_at is null;
    return found;
end
$$;
comment on function notifier.fail_report_mail(uuid, uuid, text, text) is
    'Records a failure of a mail of claim_report_mail (transient: refused for now, permanent: refused for good, unknown: perhaps accepted) and gives it back, but for one that was perhaps accepted; false when another claim has it.';
revoke execute on function notifier.fail_report_mail(uuid, uuid, text, text) from public;
grant execute on function notifier.fail_report_mail(uuid, uuid, text, text) to notifier;

-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.held_report_mails(from_date date, to_date date)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
    return (
        select count(*)
        from public.notification_preferences as preference
        inner join notifier.report_mails as mail on preference.user_id = mail.recipient_id
        where
            preference.kind = 'weekly_report'
            and preference.enabled
            and mail.first_day = from_date
            and mail.last_day = to_date
            and mail.sent_at is null
            and mail.refused_at is null
            and mail.held_until > clock_timestamp()
    );
end
$$;
comment on function notifier.held_report_mails(date, date) is
    'How many mails of the report of these days somebody is sending, or was sending when its outcome got lost.';
revoke execute on function notifier.held_report_mails(date, date) from public;
grant execute on function notifier.held_report_mails(date, date) to notifier;

-- Spreadsheets run a cell that begins as a formula does, quoted or not, so that a student's name could run on the
-- machine of the admin who opens a report. Text that begins so gets an apostrophe in front, by which they show it as it
-- is. Numbers are left as they are: a change of -0.05 is no formula. Where lists are separated by semicolons, Excel
-- opens a file with commas as one cell per line, in which quotes hold nothing together: every semicolon, tab and line
-- of a text may begin a cell there, and gets the apostrophe, too.
create function private.csv_cell(content json)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Some spreadsheet or other skips each of these before a formula. They are listed, because \s depends on the
    -- locale.
    c_blank constant text := '\s\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff';
    -- The four codes are the full-width forms of = + - @.
    c_sign constant text := '[=+@\uff1d\uff0b\uff0d\uff20-]';
    v_text text := content #>> '{}';
begin
    if v_text is null or json_typeof(content) in ('number', 'boolean') then
        return coalesce(v_text, '');
    end if;
    v_text := regexp_replace(v_text, '([;\t\r\n][' || c_blank || '"]*)(' || c_sign || ')', '\1''\2', 'g');
    if v_text ~ ('^([' || c_blank || ']*' || c_sign || '|[\t\r\n])') then
        v_text := '''' || v_text;
    end if;
    return '"' || replace(v_text, '"', '""') || '"';
end
$$;
comment on function private.csv_cell(json) is
    'A value as a cell of a CSV file (RFC 4180): text is quoted, and neutralised where a spreadsheet would take it for a formula; null is empty.';
revoke execute on function private.csv_cell(json) from public;
grant execute on function private.csv_cell(json) to authenticated, service_role;

-- The lines before are copied once for each line that is added, and not twice.
create function private.add_csv_line(lines text, added anyelement)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_record json := to_json(added);
    v_names text := '';
    v_line text;
begin
    if json_typeof(v_record) is distinct from 'object' then
        v_record := json_build_object('value', v_record);
    end if;
    if lines is null then
        select string_agg(private.csv_cell(to_json(field.name)), ',' order by field.place) || e'\r\n' into v_names
        from json_each(v_record) with ordinality as field (name, content, place);
    end if;
    select string_agg(private.csv_cell(field.content), ',' order by field.place) || e'\r\n' into v_line
    from json_each(v_record) with ordinality as field (name, content, place);
    return coalesce(lines, v_names) || v_line;
end
$$;
comment on function private.add_csv_line(text, anyelement) is
    'Appends a row to a CSV file; the first one, for lines null, brings the names of the columns with it. What is no row is the column value.';
revoke execute on function private.add_csv_line(text, anyelement) from public;

create function private.finish_csv(lines text)
returns public."text/csv"
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(lines, '')::public."text/csv";
end
$$;
comment on function private.finish_csv(text) is 'The CSV file; empty, without names, where there was no row.';
revoke execute on function private.finish_csv(text) from public;

-- PostgREST serves every table, view and function of the API as CSV. Its own way of writing it leaves formulas alive;
-- an aggregate over any row that returns the domain takes its place. The file is copied with each row, so that pages of
-- thousands of rows cost milliseconds and one of a hundred thousand would not end: a state that is added to in place is
-- of type internal, which superusers alone may give to an aggregate. SQL of ours puts files together from their lines.
create aggregate public.csv (line anyelement) ( -- noqa: LT01
    sfunc = private.add_csv_line,
    stype = text,
    finalfunc = private.finish_csv
);
comment on aggregate public.csv (anyelement) is
    'Rows as a CSV file (RFC 4180), formulas neutralised: how PostgREST answers Accept: text/csv.';
revoke execute on function public.csv(anyelement) from public, anon, authenticated, service_role;
grant execute on function public.csv(anyelement) to authenticated, service_role;
