-- An admin creates a session for a batch.
insert into public.success_sessions (title, description, course_id, batch_id, start_time, timezone, link)
select
    'A session for many',
    'What we will talk about, and what to bring along.',
    batch.course_id,
    batch.id,
    $1::timestamptz,
    'Europe/Berlin',
    'https://zoom.us/j/98765432101'
from public.batches as batch
where batch.id = $2
