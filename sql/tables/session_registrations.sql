-- Who has a seat in which session, and who waits for one. One row per student and session for good: a student who comes
-- back joins the end of the queue.
create table public.session_registrations (
    session_id uuid not null,
    student_id uuid not null,
    status public.registration_status not null,
    queued_at timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    constraint session_registrations_pkey primary key (session_id, student_id),
    constraint session_registrations_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_registrations_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade
);
comment on table public.session_registrations is
    'Who has a seat in which session and who waits for one. Read-only: register_for_session, cancel_registration and what follows from other changes write it.';
comment on column public.session_registrations.session_id is 'The session.';
comment on column public.session_registrations.student_id is 'The student.';
comment on column public.session_registrations.status is
    'registered (has a seat), waitlisted, or cancelled (given up, or lost with the access).';
comment on column public.session_registrations.queued_at is
    'When the student last registered; the waitlist moves in this order.';
comment on column public.session_registrations.created_at is 'When the student first registered.';
comment on column public.session_registrations.updated_at is 'When the status last changed.';

create index session_registrations_student_id_idx on public.session_registrations (student_id);
-- What seats are counted by.
create index session_registrations_registered_idx on public.session_registrations (session_id, student_id)
where status = 'registered';
-- The waitlist in its order.
create index session_registrations_waitlist_idx on public.session_registrations (session_id, queued_at, student_id)
where status = 'waitlisted';
