-- Batches of one course with as many students as the setting bench.audiences lists, and a session of each, a week from
-- now. A student is in one batch only; sessions beyond the number of mentors have none.
insert into public.courses (id, name) values (pg_temp.id('course', 0), 'Everything');

create temporary table audiences on commit drop as
select
    listed.number,
    listed.size,
    sum(listed.size) over (order by listed.number) - listed.size as students_before
from unnest(current_setting('bench.audiences')::integer []) with ordinality as listed (size, number);

insert into public.batches (id, course_id, name)
select pg_temp.id('batch', number), pg_temp.id('course', 0), 'Batch ' || number from audiences;

insert into public.course_enrollments (student_id, course_id, batch_id)
select pg_temp.id('student', students_before + student), pg_temp.id('course', 0), pg_temp.id('batch', number)
from audiences
cross join lateral generate_series(1, size) as student;

insert into public.success_sessions (
    id, calendar_uid, title, description, course_id, batch_id, mentor_id, start_time, end_time, timezone, link,
    zoom_meeting_id, created_by
)
select
    pg_temp.id('session', number),
    pg_temp.id('session', number),
    'Session of batch ' || number,
    'What we will talk about, and what to bring along.',
    pg_temp.id('course', 0),
    pg_temp.id('batch', number),
    case when number <= current_setting('bench.mentors')::integer then pg_temp.id('mentor', number) end,
    date_trunc('hour', now()) + interval '7 days',
    date_trunc('hour', now()) + interval '7 days 1 hour',
    'Europe/Berlin',
    'https://zoom.us/j/98765432101',
    '98765432101',
    pg_temp.id('admin', 1)
from audiences;
