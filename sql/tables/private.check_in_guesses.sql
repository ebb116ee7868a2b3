-- How many wrong check-in codes a student has sent lately. Six digits are only as good as the number of guesses.
create table private.check_in_guesses (
    session_id uuid not null,
    user_id uuid not null,
    wrong integer not null default 0,
    since timestamptz not null default clock_timestamp(),
    constraint check_in_guesses_pkey primary key (session_id, user_id),
    constraint check_in_guesses_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint check_in_guesses_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table private.check_in_guesses is 'How many wrong check-in codes a student has sent lately.';
comment on column private.check_in_guesses.session_id is 'The session.';
comment on column private.check_in_guesses.user_id is 'The student.';
comment on column private.check_in_guesses.wrong is 'Wrong codes since then.';
comment on column private.check_in_guesses.since is 'When the counting began; it begins anew after five minutes.';

alter table private.check_in_guesses enable row level security;

create index check_in_guesses_user_id_idx on private.check_in_guesses (user_id);
