-- Explicit invitees: the student of a one-to-one meeting, guests of a session.
create table public.session_participants (
    session_id uuid not null,
    user_id uuid not null,
    added_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    constraint session_participants_pkey primary key (session_id, user_id),
    constraint session_participants_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_participants_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint session_participants_added_by_fkey
    foreign key (added_by) references public.profiles (id) on delete set null
);
comment on table public.session_participants is
    'Explicit invitees of a session, beside its audience: the student of a one-to-one meeting, guests.';
comment on column public.session_participants.session_id is 'The session.';
comment on column public.session_participants.user_id is 'The invited user.';
comment on column public.session_participants.added_by is 'Who invited; null: the system, or a user since deleted.';
comment on column public.session_participants.created_at is 'When invited.';

create index session_participants_user_id_idx on public.session_participants (user_id);
create index session_participants_added_by_idx on public.session_participants (added_by);
