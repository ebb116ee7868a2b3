-- Who takes part in which course, and in which of its batches. Only active enrollments give access to sessions.
create table public.course_enrollments (
    id uuid not null default gen_random_uuid(),
    student_id uuid not null,
    course_id uuid not null,
    batch_id uuid,
    status public.enrollment_status not null default 'active',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint course_enrollments_pkey primary key (id),
    constraint course_enrollments_student_id_course_id_key unique (student_id, course_id),
    constraint course_enrollments_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint course_enrollments_course_id_fkey
    foreign key (course_id) references public.courses (id),
    constraint course_enrollments_batch_id_of_course_fkey
    foreign key (batch_id, course_id) references public.batches (id, course_id)
);
comment on table public.course_enrollments is 'Who takes part in which course; one enrollment per student and course.';
comment on column public.course_enrollments.id is 'The enrollment.';
comment on column public.course_enrollments.student_id is 'The student.';
comment on column public.course_enrollments.course_id is 'The course.';
comment on column public.course_enrollments.batch_id is 'The batch of that course, or null for an unbatched student.';
comment on column public.course_enrollments.status is 'Only active enrollments give access to sessions.';
comment on column public.course_enrollments.created_at is 'When the student enrolled.';
comment on column public.course_enrollments.updated_at is 'When the enrollment last changed.';

-- The fan-out of one audience, in pages by student.
create index course_enrollments_active_audience_idx on public.course_enrollments (course_id, batch_id, student_id)
where status = 'active';
-- For filters by course and by batch. The policy adds a range over student_id, which the planner takes for one row in
-- two hundred, though for managers it is every row: an index without student_id would be combined with a scan of the
-- whole index on students. In the second index student_id is descending, so that notifier.audience_page, which reads in
-- ascending order, cannot use it instead of the index above.
create index course_enrollments_course_id_student_id_idx on public.course_enrollments (course_id, student_id);
create index course_enrollments_batch_id_course_id_student_id_idx
on public.course_enrollments (batch_id, course_id, student_id desc);
