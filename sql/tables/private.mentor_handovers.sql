-- Which sessions were taken from a mentor, append-only: what substitutions are counted by.
create table private.mentor_handovers (
    id bigint generated always as identity,
    session_id uuid not null,
    from_mentor_id uuid not null,
    to_mentor_id uuid,
    changed_at timestamptz not null default clock_timestamp(),
    constraint mentor_handovers_pkey primary key (id),
    constraint mentor_handovers_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade
);
comment on table private.mentor_handovers is
    'Sessions that were taken from a mentor, append-only. Rows outlive the mentors, so there are no foreign keys to them.';
comment on column private.mentor_handovers.id is 'Order of the changes.';
comment on column private.mentor_handovers.session_id is 'The session.';
comment on column private.mentor_handovers.from_mentor_id is 'The mentor it was taken from.';
comment on column private.mentor_handovers.to_mentor_id is 'The mentor it was given to; null: to nobody for now.';
comment on column private.mentor_handovers.changed_at is 'When.';

alter table private.mentor_handovers enable row level security;

create index mentor_handovers_session_id_idx on private.mentor_handovers (session_id, id);
create index mentor_handovers_from_mentor_id_idx on private.mentor_handovers (from_mentor_id);
create index mentor_handovers_to_mentor_id_idx on private.mentor_handovers (to_mentor_id)
where to_mentor_id is not null;
