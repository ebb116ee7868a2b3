-- One row per change that somebody is to be told of, written by the change's own transaction. Fanning out to recipients
-- inside that transaction would cost it O(students): 1,044 ms against 0.6 ms at 100,000.
create table notifier.events (
    id bigint generated always as identity,
    session_id uuid not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    old jsonb,
    new jsonb not null,
    student_id uuid,
    recording_id uuid,
    reminder_minutes integer,
    enrollment_position bigint,
    topic notifier.email_topic not null generated always as (
        case
            when recording_id is not null then 'recording'::notifier.email_topic
            when student_id is not null then 'registration'::notifier.email_topic
            when reminder_minutes is not null then 'reminder'::notifier.email_topic
            when new ->> 'status' = 'completed' then 'summary'::notifier.email_topic
            else 'invitation'::notifier.email_topic
        end
    ) stored,
    participants_added uuid[] not null default '{}',
    participants_removed uuid[] not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    through_id bigint,
    cursor uuid,
    merged_into bigint,
    expanded_at timestamptz,
    constraint events_pkey primary key (id),
    constraint events_merged_into_fkey foreign key (merged_into) references notifier.events (id) on delete set null,
    constraint events_merged_into_is_earlier check (merged_into < id),
    constraint events_merged_into_is_expanded check (merged_into is null or expanded_at is not null),
    constraint events_cursor_needs_through_id check (cursor is null or through_id is not null)
)
-- As of notifier.emails: most rows are a record that never changes again.
with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01,
    autovacuum_analyze_threshold = 1000
);
comment on table notifier.events is
    'Changes that somebody is to be told of, and reminders. Ids of one session rise in the order of its changes, because each is written under the session''s row lock; a reminder changes nothing and waits for no lock. Rows outlive the session, so there is no foreign key.';
comment on column notifier.events.id is 'Order of the changes of one session.';
comment on column notifier.events.session_id is 'The session that changed.';
comment on column notifier.events.transaction_id is
    'The transaction that made the change: what it did to one person is told in one mail.';
comment on column notifier.events.old is 'notifier.session_snapshot before the change; null for a new session.';
comment on column notifier.events.new is 'notifier.session_snapshot after the change.';
comment on column notifier.events.student_id is 'The student whose seat it is about; null: it is about the session.';
comment on column notifier.events.recording_id is 'The recording that can be watched; null: it is about something else.';
comment on column notifier.events.reminder_minutes is
    'For a reminder of the session in the state new: how many minutes before its start it is due; else null.';
comment on column notifier.events.enrollment_position is
    'Position of the changes in notifier.enrollment_changes that it tells of: who came to the session''s audience, or left it; else null.';
comment on column notifier.events.topic is
    'Generated: recording for a recording, registration for a student''s seat, reminder, summary for the end of a session, else invitation.';
comment on column notifier.events.participants_added is 'Explicit invitees that came with this change.';
comment on column notifier.events.participants_removed is 'Explicit invitees that left with this change.';
comment on column notifier.events.created_at is 'When the change was made.';
comment on column notifier.events.through_id is
    'Set when expansion starts: the latest event merged into this one; its new state is what recipients are picked by, on every page.';
comment on column notifier.events.cursor is 'Last recipient candidate of the pages expanded so far.';
comment on column notifier.events.merged_into is 'The earlier event that speaks for this one too.';
comment on column notifier.events.expanded_at is 'When its last page was expanded, or when it was merged.';

alter table notifier.events enable row level security;

-- The history of one session: what came after what a recipient was told.
create index events_session_id_idx on notifier.events (session_id, id);
-- The same without events about one student's seat, of which a session may have thousands. Sorted by topic as no other
-- index is, so that a query with `order by topic` can use this one only.
create index events_of_all_idx on notifier.events (session_id, topic, id) where student_id is null;
-- What is still to be expanded: empty most of the time. expanded_at is null in every entry. It leads so that queries
-- can ask for the order by expanded_at and id: for an order by id alone the planner could choose the primary key, and
-- read all events.
create index events_unexpanded_idx on notifier.events (expanded_at, id) where expanded_at is null;
create index events_unexpanded_session_id_idx on notifier.events (session_id, id) where expanded_at is null;
-- The other sessions that the same transaction changed.
create index events_unexpanded_transaction_id_idx on notifier.events (transaction_id, id)
where expanded_at is null and topic = 'invitation';
-- What concerns one student's seat: hardly any.
create index events_student_id_idx on notifier.events (student_id) where student_id is not null;
create index events_merged_into_idx on notifier.events (merged_into) where merged_into is not null;
