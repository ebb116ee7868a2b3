-- Who joined or left an audience, one row per enrollment that a statement changed: the outbox's record of enrollments,
-- as the events are of sessions. Its expansion writes one event for each session concerned, whatever the number of
-- students, and gives the changes a position among these events. So it is known of everybody whether they were in a
-- session's audience before and after any event.
create table notifier.enrollment_changes (
    id bigint generated always as identity,
    student_id uuid not null,
    course_id uuid not null,
    old_batch_id uuid,
    was_active boolean not null,
    new_batch_id uuid,
    is_active boolean not null,
    wakes boolean not null default false,
    position bigint,
    created_at timestamptz not null default clock_timestamp(),
    constraint enrollment_changes_pkey primary key (id)
);
comment on table notifier.enrollment_changes is
    'Enrollments that became active, ended or changed the batch. Rows outlive student and course, so there are no foreign keys.';
comment on column notifier.enrollment_changes.id is 'Order of the changes of one enrollment.';
comment on column notifier.enrollment_changes.student_id is 'The student.';
comment on column notifier.enrollment_changes.course_id is 'The course.';
comment on column notifier.enrollment_changes.old_batch_id is 'The batch before; null: unbatched, or not enrolled.';
comment on column notifier.enrollment_changes.was_active is 'Whether the enrollment was active before.';
comment on column notifier.enrollment_changes.new_batch_id is 'The batch after; null: unbatched, or no longer enrolled.';
comment on column notifier.enrollment_changes.is_active is 'Whether the enrollment is active after.';
comment on column notifier.enrollment_changes.wakes is 'True for one row of each statement: the one that wakes the notifier.';
comment on column notifier.enrollment_changes.position is
    'Where it stands among notifier.events.id: events that are later know of it, and those with this enrollment_position tell of it. Null: not expanded yet.';
comment on column notifier.enrollment_changes.created_at is 'When it was made.';

alter table notifier.enrollment_changes enable row level security;

-- What is still to be expanded, the oldest first, and with it what else concerns the same course.
create index enrollment_changes_waiting_idx on notifier.enrollment_changes (id) where position is null;
create index enrollment_changes_waiting_course_idx on notifier.enrollment_changes (course_id, id)
where position is null;
-- Whom an event has to tell, in pages.
create index enrollment_changes_position_idx on notifier.enrollment_changes (position, student_id);
-- What somebody was before.
create index enrollment_changes_student_idx on notifier.enrollment_changes (student_id, course_id, id);
