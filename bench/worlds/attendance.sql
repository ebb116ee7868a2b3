-- A year of sessions up to yesterday, by the settings bench.sessions and bench.per_session: each for a batch of so many
-- students, all of whom have a record of it; batches take turns. One session in fifty more was cancelled.
-- Indexes come last and nothing is logged: ten million rows in a minute or two.
create temporary table size on commit drop as
select
    current_setting('bench.sessions')::integer as sessions,
    current_setting('bench.per_session')::integer as per_session,
    current_setting('bench.mentors')::integer as mentors,
    current_setting('bench.students')::integer / current_setting('bench.per_session')::integer as batches;

insert into public.courses (id, name)
select pg_temp.id('course', number), 'Course ' || number
from size cross join lateral generate_series(0, size.batches / 10) as number;

insert into public.batches (id, course_id, name)
select pg_temp.id('batch', number), pg_temp.id('course', number / 10), 'Batch ' || number
from size cross join lateral generate_series(0, size.batches - 1) as number;

insert into public.success_sessions (
    id, calendar_uid, title, course_id, batch_id, mentor_id, start_time, end_time, timezone, link, status,
    registration_required, capacity
)
select
    pg_temp.id('session', number),
    pg_temp.id('session', number),
    'Session ' || number,
    pg_temp.id('course', number % size.batches / 10),
    pg_temp.id('batch', number % size.batches),
    pg_temp.id('mentor', 1 + number % size.mentors),
    planned.start_time,
    planned.start_time + interval '1 hour',
    'Europe/Berlin',
    'https://zoom.us/j/10000000000',
    case when number % 51 = 50 then 'cancelled' else 'completed' end::public.session_status,
    number % 4 = 0,
    case when number % 4 = 0 then size.per_session end
from size
cross join lateral generate_series(0, size.sessions * 51 / 50 - 1) as number
cross join lateral (
    select
        date_trunc('day', now()) - interval '365 days'
        + number * (interval '364 days' / (size.sessions * 51 / 50)) as start_time
) as planned;

alter table public.session_attendance set unlogged;
alter table public.session_attendance drop constraint session_attendance_pkey;
drop index public.session_attendance_student_id_idx;
drop index public.session_attendance_marked_by_idx;

create temporary table learner on commit drop as
select
    number as place,
    (number - 1) / size.per_session as batch,
    pg_temp.id('student', number) as id
from size
cross join lateral generate_series(1, current_setting('bench.students')::integer) as number;

create temporary table held on commit drop as
select
    number as place,
    number % size.batches as batch,
    session.id,
    session.start_time,
    session.end_time
from size
cross join lateral generate_series(0, size.sessions * 51 / 50 - 1) as number
inner join public.success_sessions as session on session.id = pg_temp.id('session', number)
where session.status = 'completed';

analyze learner, held;

insert into public.session_attendance (session_id, student_id, status, joined_at, left_at, minutes_present, source)
select
    held.id,
    learner.id,
    outcome.status::public.attendance_status,
    case when outcome.status in ('present', 'late', 'partial') then held.start_time end,
    case when outcome.status in ('present', 'late', 'partial') then held.end_time end,
    case outcome.status
        when 'present' then 50 + outcome.chance % 11
        when 'late' then 40 + outcome.chance % 11
        when 'partial' then 1 + outcome.chance % 44
        else 0
    end,
    'join'
from held
inner join learner on held.batch = learner.batch
cross join lateral (
    select
        drawn.chance,
        case
            when drawn.chance % 100 < 70 then 'present'
            when drawn.chance % 100 < 80 then 'late'
            when drawn.chance % 100 < 85 then 'partial'
            when drawn.chance % 100 < 98 then 'absent'
            else 'excused'
        end as status
    from (select abs(hashint8(held.place::bigint * 1000003 + learner.place)::bigint) as chance) as drawn
) as outcome;

alter table public.session_attendance
add constraint session_attendance_pkey primary key (session_id, student_id);
create index session_attendance_student_id_idx on public.session_attendance (student_id);
create index session_attendance_marked_by_idx on public.session_attendance (marked_by);
analyze public.session_attendance, public.success_sessions;

select private.rebuild_session_statistics();
