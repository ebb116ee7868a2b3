-- Whom a platform's key stands for in one session: registrants, and whatever else an adapter hands out per person.
create table private.platform_participants (
    session_id uuid not null,
    participant_key text not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    constraint platform_participants_pkey primary key (session_id, participant_key),
    constraint platform_participants_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint platform_participants_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint platform_participants_participant_key_length check (char_length(participant_key) between 1 and 200)
);
comment on table private.platform_participants is
    'Whom a key that a meeting platform returns stands for in one session. A key that is a user''s own id needs no row.';
comment on column private.platform_participants.session_id is 'The session.';
comment on column private.platform_participants.participant_key is 'The key as the platform returns it, such as a registrant''s id.';
comment on column private.platform_participants.user_id is 'The person.';
comment on column private.platform_participants.created_at is 'When it was handed out.';

alter table private.platform_participants enable row level security;

create index platform_participants_user_id_idx on private.platform_participants (user_id);
