-- Raw joins and leaves, append-only, read in the order of event time. Attendance is derived from them and can be
-- derived again. Rows are deleted when they are too old (private.forget_presence) and when their session is put off or
-- reinstated (private.forget_early_presence).
create table private.presence_events (
    id bigint generated always as identity,
    session_id uuid not null,
    user_id uuid,
    unmatched_id uuid,
    kind private.presence_kind not null,
    occurred_at timestamptz not null,
    source public.attendance_source not null,
    platform text,
    event_id text,
    connection_id text,
    report_id bigint,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint presence_events_pkey primary key (id),
    constraint presence_events_platform_event_id_key unique (platform, event_id),
    constraint presence_events_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint presence_events_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade,
    constraint presence_events_unmatched_id_fkey
    foreign key (unmatched_id) references private.unmatched_participants (id) on delete cascade,
    constraint presence_events_report_id_fkey
    foreign key (report_id) references private.presence_reports (id) on delete cascade,
    constraint presence_events_kind_says_of_whom
    check (num_nonnulls(user_id, unmatched_id) = case kind when 'end' then 0 else 1 end)
);
comment on table private.presence_events is 'Raw joins and leaves, append-only, read in the order of event time.';
comment on column private.presence_events.id is 'Order of arrival.';
comment on column private.presence_events.session_id is 'The session.';
comment on column private.presence_events.user_id is 'Who came or went; null: see unmatched_id, or everybody at the end of a meeting.';
comment on column private.presence_events.unmatched_id is
    'The participant of the review queue who came or went. It counts for the student they are linked to, if any.';
comment on column private.presence_events.kind is 'join, leave, or end of the meeting.';
comment on column private.presence_events.occurred_at is 'When it happened.';
comment on column private.presence_events.source is 'Who saw it: join (our own functions) or platform.';
comment on column private.presence_events.platform is 'The platform that told; null for our own functions.';
comment on column private.presence_events.event_id is
    'The platform''s id of the event, told and recorded once; null for our own functions and for reports.';
comment on column private.presence_events.connection_id is
    'The device or connection, where the platform tells: what one leaves another may still be in. Null: not known.';
comment on column private.presence_events.report_id is 'The report that says so; null for what was told as it happened.';
comment on column private.presence_events.recorded_at is 'When it was recorded.';

alter table private.presence_events enable row level security;

create index presence_events_session_id_user_id_idx on private.presence_events (session_id, user_id, occurred_at, id);
create index presence_events_user_id_idx on private.presence_events (user_id);
create index presence_events_unmatched_id_idx
on private.presence_events (unmatched_id) where unmatched_id is not null;
create index presence_events_report_id_idx on private.presence_events (report_id) where report_id is not null;
