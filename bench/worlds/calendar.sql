-- Two years of sessions around today, by the settings bench.sessions and bench.batches, ten batches to a course. Each
-- student has nine enrollments in nine courses, every seventh not active, every eleventh without a batch; every
-- eleventh session is for a course's unbatched students, every fiftieth is cancelled. A mentor's sessions never
-- overlap.
insert into public.courses (id, name)
select pg_temp.id('course', number), 'Course ' || number
from generate_series(0, current_setting('bench.batches')::integer / 10 - 1) as number;

insert into public.batches (id, course_id, name)
select pg_temp.id('batch', number), pg_temp.id('course', number / 10), 'Batch ' || number
from generate_series(0, current_setting('bench.batches')::integer - 1) as number;

insert into public.course_enrollments (student_id, course_id, batch_id, status)
select
    pg_temp.id('student', student),
    pg_temp.id('course', chosen.batch / 10),
    case when (student + number) % 11 <> 0 then pg_temp.id('batch', chosen.batch) end,
    case when (student + number) % 7 = 0 then 'paused' else 'active' end::public.enrollment_status
from generate_series(1, current_setting('bench.students')::integer) as student
cross join generate_series(0, 8) as number
cross join lateral (
    -- A ninth of all batches apart, so that the nine courses differ.
    select
        (student * 37 + number * (current_setting('bench.batches')::integer / 9))
        % current_setting('bench.batches')::integer as batch
) as chosen;

insert into public.success_sessions (
    id, calendar_uid, title, description, course_id, batch_id, mentor_id, start_time, end_time, timezone, link,
    zoom_meeting_id, status, created_by, created_at
)
select
    pg_temp.id('session', number),
    pg_temp.id('session', number),
    'Session ' || number,
    repeat('What we will talk about, and what to bring along. ', 4),
    pg_temp.id('course', chosen.batch / 10),
    case when number % 11 <> 0 then pg_temp.id('batch', chosen.batch) end,
    pg_temp.id('mentor', 1 + number % current_setting('bench.mentors')::integer),
    chosen.start_time,
    chosen.start_time + interval '1 hour',
    'Europe/Berlin',
    'https://zoom.us/j/' || 10000000000 + number,
    (10000000000 + number)::text,
    case
        when number % 50 = 0 then 'cancelled'
        when chosen.start_time + interval '1 hour' <= now() then 'completed'
        when chosen.start_time <= now() then 'live'
        else 'upcoming'
    end::public.session_status,
    pg_temp.id('admin', 1),
    chosen.start_time - interval '30 days'
from generate_series(1, current_setting('bench.sessions')::integer) as number
cross join lateral (
    select
        (number::bigint * 7919 % current_setting('bench.batches')::integer)::integer as batch,
        date_trunc('day', now()) - interval '1 year'
        + number * (interval '2 years' / current_setting('bench.sessions')::integer) as start_time
) as chosen;
