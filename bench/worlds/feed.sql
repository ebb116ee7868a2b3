-- A year of 300 sessions ahead for each batch, by the setting bench.batches, and students of one batch each, with a
-- feed; the token of student 1's is 'student 1'. Each batch has its own mentor.
insert into public.courses (id, name)
select pg_temp.id('course', number), 'Course ' || number
from generate_series(1, current_setting('bench.batches')::integer) as number;

insert into public.batches (id, course_id, name)
select pg_temp.id('batch', number), pg_temp.id('course', number), 'Batch ' || number
from generate_series(1, current_setting('bench.batches')::integer) as number;

insert into public.course_enrollments (student_id, course_id, batch_id)
select
    pg_temp.id('student', number),
    pg_temp.id('course', 1 + number % current_setting('bench.batches')::integer),
    pg_temp.id('batch', 1 + number % current_setting('bench.batches')::integer)
from generate_series(1, current_setting('bench.students')::integer) as number;

insert into public.success_sessions (
    id, calendar_uid, title, description, course_id, batch_id, mentor_id, start_time, end_time, timezone, link,
    zoom_meeting_id, created_by
)
select
    pg_temp.id('session', batch * 300 + number),
    pg_temp.id('session', batch * 300 + number),
    'Office hours, part ' || number,
    repeat('What we will talk about, and what to bring along. ', 4),
    pg_temp.id('course', batch),
    pg_temp.id('batch', batch),
    pg_temp.id('mentor', batch),
    date_trunc('day', now()) + number * interval '29 hours',
    date_trunc('day', now()) + number * interval '29 hours' + interval '1 hour',
    'Europe/Berlin',
    'https://zoom.us/j/' || 10000000000 + number,
    (10000000000 + number)::text,
    pg_temp.id('admin', 1)
from generate_series(1, current_setting('bench.batches')::integer) as batch
cross join generate_series(2, 301) as number;

insert into public.calendar_feeds (id, owner_id)
select pg_temp.id('feed', number), pg_temp.id('student', number)
from generate_series(1, current_setting('bench.students')::integer) as number;

insert into private.calendar_feed_tokens (token_hash, feed_id)
select sha256(convert_to('student ' || number, 'UTF8')), pg_temp.id('feed', number)
from generate_series(1, current_setting('bench.students')::integer) as number;

update public.app_settings set app_url = 'https://app.example.com' where true;
