-- A batch is a cohort of one course.
create table public.batches (
    id uuid not null default gen_random_uuid(),
    course_id uuid not null,
    name text not null,
    created_at timestamptz not null default now(),
    constraint batches_pkey primary key (id),
    constraint batches_id_course_id_key unique (id, course_id),
    constraint batches_course_id_fkey foreign key (course_id) references public.courses (id),
    constraint batches_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'batches_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Give the batch a name that is not blank.'
        )
    )
);
comment on table public.batches is 'Cohorts of a course. A student of a course belongs to one of its batches or is unbatched.';
comment on column public.batches.id is 'The batch.';
comment on column public.batches.course_id is 'The course it is a cohort of.';
comment on column public.batches.name is 'Name as shown: one line, not blank, at most 200 characters.';
comment on column public.batches.created_at is 'When the batch was made.';
comment on constraint batches_id_course_id_key on public.batches is 'Target of foreign keys that prove a batch belongs to a course.';

create index batches_course_id_idx on public.batches (course_id);
