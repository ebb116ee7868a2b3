-- Raw joins and leaves, append-only, read in the order of event time. Attendance is derived from them and can be
-- derived again.
create table private.presence_events (
    id bigint generated always as identity,
    session_id uuid not null,
    user_id uuid not null,
    kind private.presence_kind not null,
    occurred_at timestamptz not null,
    source public.attendance_source not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint presence_events_pkey primary key (id),
    constraint presence_events_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint presence_events_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table private.presence_events is 'Raw joins and leaves, append-only, read in the order of event time.';
comment on column private.presence_events.id is 'Order of arrival.';
comment on column private.presence_events.session_id is 'The session.';
comment on column private.presence_events.user_id is 'Who came or went.';
comment on column private.presence_events.kind is 'join or leave.';
comment on column private.presence_events.occurred_at is 'When it happened.';
comment on column private.presence_events.source is 'Who saw it: join (our own functions) or platform.';
comment on column private.presence_events.recorded_at is 'When it was recorded.';

alter table private.presence_events enable row level security;

create index presence_events_session_id_user_id_idx on private.presence_events (session_id, user_id, occurred_at, id);
create index presence_events_user_id_idx on private.presence_events (user_id);
