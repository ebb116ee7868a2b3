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
