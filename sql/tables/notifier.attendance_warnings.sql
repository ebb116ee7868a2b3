-- Who was warned after which session, so that nobody is warned more often than the platform wants.
create table notifier.attendance_warnings (
    student_id uuid not null,
    course_id uuid not null,
    session_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint attendance_warnings_pkey primary key (student_id, course_id, session_id)
);
comment on table notifier.attendance_warnings is
    'Warnings of low attendance, one row per student and session after which there was one. Rows outlive students and sessions, so there are no foreign keys.';
comment on column notifier.attendance_warnings.student_id is 'The student.';
comment on column notifier.attendance_warnings.course_id is 'The course.';
comment on column notifier.attendance_warnings.session_id is 'The session that they missed.';
comment on column notifier.attendance_warnings.created_at is 'When it was decided.';

alter table notifier.attendance_warnings enable row level security;

create index attendance_warnings_session_id_idx on notifier.attendance_warnings (session_id);
