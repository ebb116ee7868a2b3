-- What a session's check-in codes are made from; made when the host first shows one.
create table private.check_in_keys (
    session_id uuid not null,
    key bytea not null default extensions.gen_random_bytes(32),
    constraint check_in_keys_pkey primary key (session_id),
    constraint check_in_keys_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade
);
comment on table private.check_in_keys is 'What a session''s check-in codes are made from. No function hands it out.';
comment on column private.check_in_keys.session_id is 'The session.';
comment on column private.check_in_keys.key is '32 random bytes.';

alter table private.check_in_keys enable row level security;
