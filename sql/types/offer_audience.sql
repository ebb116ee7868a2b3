-- To whom a mentor offers one-to-one meetings. Said outright, because a null batch means the unbatched elsewhere.
create type public.offer_audience as enum (
    'everybody', -- every student with an active enrollment, whatever the course
    'course', -- the active enrollments of course_id, in a batch or not
    'batch', -- those of batch_id
    'unbatched' -- those of course_id that are in no batch
);
comment on type public.offer_audience is
    'To whom a mentor offers one-to-one meetings: students with an active enrollment in any course, in one course, in one batch, or unbatched in one course.';
