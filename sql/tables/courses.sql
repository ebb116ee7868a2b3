-- Courses that students enroll in.
create table public.courses (
    id uuid not null default gen_random_uuid(),
    name text not null,
    created_at timestamptz not null default now(),
    constraint courses_pkey primary key (id),
    constraint courses_name_not_blank check (
        private.rule(btrim(name) <> '', 'courses_name_not_blank', 'name must not be blank', 'Give the course a name.')
    )
);
comment on table public.courses is 'Courses that students enroll in.';
comment on column public.courses.id is 'The course.';
comment on column public.courses.name is 'Name as shown; not blank.';
comment on column public.courses.created_at is 'When the course was made.';
