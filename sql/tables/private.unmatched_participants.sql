-- The review queue: participants of meetings whom neither a key nor a verified address names. Their names are shown to
-- the host and to managers, who say who it was; nothing is ever matched by name.
create table private.unmatched_participants (
    id uuid not null default gen_random_uuid(),
    session_id uuid not null,
    platform text not null,
    identity text,
    full_name text,
    email text,
    status private.review_status not null default 'waiting',
    student_id uuid,
    decided_by uuid,
    decided_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint unmatched_participants_pkey primary key (id),
    constraint unmatched_participants_session_id_platform_identity_key unique (session_id, platform, identity),
    constraint unmatched_participants_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint unmatched_participants_student_id_fkey
    foreign key (student_id) references public.profiles (id) on delete set null,
    constraint unmatched_participants_decided_by_fkey
    foreign key (decided_by) references public.profiles (id) on delete set null,
    constraint unmatched_participants_student_id_when_linked check (student_id is null or status = 'linked'),
    constraint unmatched_participants_decided_at_when_decided check ((decided_at is null) = (status = 'waiting'))
);
comment on table private.unmatched_participants is
    'The review queue: participants of meetings whom neither a key nor a verified address names.';
comment on column private.unmatched_participants.id is 'The participant.';
comment on column private.unmatched_participants.session_id is 'The session.';
comment on column private.unmatched_participants.platform is 'The platform that saw them.';
comment on column private.unmatched_participants.identity is
    'What makes two events those of one participant: the platform''s key, a digest of the address, the connection, or a digest of the name. Null once the name is deleted.';
comment on column private.unmatched_participants.full_name is 'The name they gave to the platform; null: none, or deleted.';
comment on column private.unmatched_participants.email is 'The address they gave to the platform, in lower case; null: none, or deleted.';
comment on column private.unmatched_participants.status is 'Waiting, linked to a student, or dismissed.';
comment on column private.unmatched_participants.student_id is
    'The student it was; null unless linked, or when the student''s account is gone.';
comment on column private.unmatched_participants.decided_by is 'Who decided; null while waiting, or when their account is gone.';
comment on column private.unmatched_participants.decided_at is 'When it was decided; null while waiting.';
comment on column private.unmatched_participants.created_at is 'When they were first heard of.';

alter table private.unmatched_participants enable row level security;

create index unmatched_participants_student_id_idx on private.unmatched_participants (student_id);
create index unmatched_participants_decided_by_idx on private.unmatched_participants (decided_by);
-- What is to be forgotten next.
create index unmatched_participants_created_at_idx
on private.unmatched_participants (created_at) where identity is not null;
-- Whom an address leads to, for erase_user.
create index unmatched_participants_email_idx
on private.unmatched_participants (email) where email is not null;
-- What waits.
create index unmatched_participants_waiting_idx
on private.unmatched_participants (created_at) where status = 'waiting';
