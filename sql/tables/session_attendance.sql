-- One student's attendance in one session, by user id only: no name, no address.
create table public.session_attendance (
    session_id uuid not null,
    student_id uuid not null,
    status public.attendance_status not null,
    joined_at timestamptz,
    left_at timestamptz,
    minutes_present integer not null default 0,
    source public.attendance_source not null,
    marked_by uuid,
    note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint session_attendance_pkey primary key (session_id, student_id),
    constraint session_attendance_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_attendance_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_attendance_marked_by_fkey
    foreign key (marked_by) references public.profiles (id) on delete set null,
    constraint session_attendance_note_length check (
        private.rule(
            char_length(note) <= 1000,
            'session_attendance_note_length',
            'note must be at most 1,000 characters',
            'Shorten the note.'
        )
    ),
    constraint session_attendance_minutes_present_range check (minutes_present between 0 and 1440),
    constraint session_attendance_left_at_after_joined_at check (left_at >= joined_at)
);
comment on table public.session_attendance is
    'One student''s attendance in one session, by user id only. Automatic values come from presence; manual and imported ones outrank them.';
comment on column public.session_attendance.session_id is 'The session.';
comment on column public.session_attendance.student_id is 'The student.';
comment on column public.session_attendance.status is
    'present or late from the first join on; partial and absent are decided when the session is over.';
comment on column public.session_attendance.joined_at is 'First join; null: never there.';
comment on column public.session_attendance.left_at is 'Last leave; null while there, or never there.';
comment on column public.session_attendance.minutes_present is
    'Minutes in the session: the union of all intervals, clipped to the scheduled time, rounded.';
comment on column public.session_attendance.source is 'Where the value comes from.';
comment on column public.session_attendance.marked_by is 'Who marked it by hand; null for automatic values.';
comment on column public.session_attendance.note is 'Remark of whoever marked it, at most 1,000 characters.';
comment on column public.session_attendance.created_at is 'When the record was made.';
comment on column public.session_attendance.updated_at is 'When the record last changed.';

create index session_attendance_student_id_idx on public.session_attendance (student_id);
create index session_attendance_marked_by_idx on public.session_attendance (marked_by);
