-- Courses that students enroll in.
create table public.courses (
    id uuid not null default gen_random_uuid(),
    name text not null,
    created_at timestamptz not null default now(),
    constraint courses_pkey primary key (id),
    constraint courses_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'courses_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Give the course a name that is not blank.'
        )
    )
);
comment on table public.courses is 'Courses that students enroll in.';
comment on column public.courses.id is 'The course.';
comment on column public.courses.name is 'Name as shown: one line, not blank, at most 200 characters.';
comment on column public.courses.created_at is 'When the course was made.';
