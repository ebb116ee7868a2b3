-- Which sessions were booked, by whom, through which offer. A booked slot is a session like any other: its mentor hosts
-- it, its student is a participant. This is what the limits of offers are counted by.
create table public.session_bookings (
    session_id uuid not null,
    offer_id uuid not null,
    student_id uuid not null,
    note text,
    change_notice_minutes integer not null,
    created_at timestamptz not null default now(),
    constraint session_bookings_pkey primary key (session_id),
    constraint session_bookings_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_bookings_offer_id_fkey
    foreign key (offer_id) references public.booking_offers (id),
    constraint session_bookings_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_bookings_note_length check (
        private.rule(
            char_length(note) <= 2000,
            'session_bookings_note_length',
            'note must be at most 2,000 characters',
            'Shorten the note.'
        )
    )
);
comment on table public.session_bookings is
    'Sessions that students booked through an offer, one row each for good; written by book_slot.';
comment on column public.session_bookings.session_id is 'The session.';
comment on column public.session_bookings.offer_id is 'The offer it was booked through.';
comment on column public.session_bookings.student_id is 'Who booked it.';
comment on column public.session_bookings.note is
    'What the student wrote to the mentor, at most 2,000 characters; part of the session''s description too.';
comment on column public.session_bookings.change_notice_minutes is
    'So long before the session''s start the student can move or cancel it at the latest: what the offer said when it was booked.';
comment on column public.session_bookings.created_at is 'When it was booked.';

create index session_bookings_student_id_offer_id_idx on public.session_bookings (student_id, offer_id);
-- student_id is in it because the policy asks for it: course_enrollments says why.
create index session_bookings_offer_id_student_id_idx on public.session_bookings (offer_id, student_id);
