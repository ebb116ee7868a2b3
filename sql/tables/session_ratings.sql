-- What students thought of sessions they attended, once each.
create table public.session_ratings (
    session_id uuid not null,
    student_id uuid not null,
    rating integer not null,
    comment text,
    created_at timestamptz not null default now(),
    constraint session_ratings_pkey primary key (session_id, student_id),
    constraint session_ratings_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_ratings_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete cascade,
    constraint session_ratings_rating_range check (
        private.rule(
            rating between 1 and 5,
            'session_ratings_rating_range',
            'rating must be between 1 and 5',
            'Send 1 (poor) to 5 (excellent).'
        )
    ),
    constraint session_ratings_comment_length check (
        private.rule(
            char_length(comment) <= 2000,
            'session_ratings_comment_length',
            'comment must be at most 2,000 characters',
            'Shorten the comment.'
        )
    )
);
comment on table public.session_ratings is
    'What students thought of sessions they attended, once each; written by rate_session. Read by the student and managers: mentors see counts and means only.';
comment on column public.session_ratings.session_id is 'The session.';
comment on column public.session_ratings.student_id is 'Who rated it.';
comment on column public.session_ratings.rating is '1 (poor) to 5 (excellent).';
comment on column public.session_ratings.comment is 'What the student wrote to the managers, at most 2,000 characters; null for nothing.';
comment on column public.session_ratings.created_at is 'When it was rated.';

create index session_ratings_student_id_idx on public.session_ratings (student_id);
