-- Where people occur: every column that names a user. export_user_data and erase_user work through it, so that they
-- cannot forget a table; a test fails while a column that refers to a user is missing.
create table private.personal_data (
    table_name text not null,
    column_name text not null,
    is_about boolean not null,
    erasure text not null,
    cleared_columns text[] not null default '{}',
    found_where text,
    constraint personal_data_pkey primary key (table_name, column_name),
    constraint personal_data_erasure_known check (
        erasure in (
            'kept', -- the row counts; its user id no longer leads to anybody
            'cleared', -- the row counts; cleared_columns become empty
            'deleted' -- the row is of use to nobody any more
        )
    ),
    constraint personal_data_cleared_columns_when_cleared check ((erasure = 'cleared') = (cleared_columns <> '{}'))
);
comment on table private.personal_data is
    'Every column that names a user: what export_user_data hands out and what erase_user does with its rows.';
comment on column private.personal_data.table_name is 'The table, with its schema.';
comment on column private.personal_data.column_name is 'The column that names the user.';
comment on column private.personal_data.is_about is
    'Whether the row is about that user, and is exported; else they only did something in it that is about others.';
comment on column private.personal_data.erasure is 'What erase_user does with the row: kept, cleared or deleted.';
comment on column private.personal_data.cleared_columns is 'The columns that are emptied where erasure is cleared.';
comment on column private.personal_data.found_where is
    'A condition that holds of every row, and by which the planner sees that partial indexes serve; null: none is needed.';

alter table private.personal_data enable row level security;

insert into private.personal_data (table_name, column_name, is_about, erasure, cleared_columns)
values
('public.profiles', 'id', true, 'cleared', '{full_name}'),
('public.user_roles', 'user_id', true, 'deleted', '{}'),
('public.course_enrollments', 'student_id', true, 'kept', '{}'),
('public.session_participants', 'user_id', true, 'kept', '{}'),
('public.session_participants', 'added_by', false, 'kept', '{}'),
('public.session_registrations', 'student_id', true, 'kept', '{}'),
('public.session_attendance', 'student_id', true, 'cleared', '{note}'),
('public.session_attendance', 'marked_by', false, 'kept', '{}'),
('public.session_excuses', 'student_id', true, 'cleared', '{reason, decision_note}'),
('public.session_excuses', 'decided_by', false, 'kept', '{}'),
('public.session_ratings', 'student_id', true, 'cleared', '{comment}'),
('private.host_presence', 'host_id', true, 'kept', '{}'),
('notifier.report_mails', 'recipient_id', true, 'deleted', '{}'),
('public.session_bookings', 'student_id', true, 'cleared', '{note}'),
('public.success_sessions', 'mentor_id', true, 'kept', '{}'),
('public.success_sessions', 'created_by', false, 'kept', '{}'),
('public.session_series', 'mentor_id', true, 'kept', '{}'),
('public.session_series', 'created_by', false, 'kept', '{}'),
('public.booking_offers', 'mentor_id', true, 'kept', '{}'),
('public.booking_offers', 'created_by', false, 'kept', '{}'),
('public.mentor_time_off', 'mentor_id', true, 'deleted', '{}'),
('public.mentor_availability', 'mentor_id', true, 'deleted', '{}'),
('public.blackout_dates', 'created_by', false, 'kept', '{}'),
('public.meeting_accounts', 'mentor_id', true, 'cleared', '{mentor_id}'),
('private.mentor_handovers', 'from_mentor_id', true, 'kept', '{}'),
('private.mentor_handovers', 'to_mentor_id', true, 'kept', '{}'),
('private.personal_links', 'user_id', true, 'deleted', '{}'),
('public.notification_preferences', 'user_id', true, 'deleted', '{}'),
('public.calendar_feeds', 'owner_id', true, 'deleted', '{}'),
('public.session_recordings', 'created_by', false, 'kept', '{}'),
('public.webhook_endpoints', 'created_by', false, 'kept', '{}'),
('public.session_recording_views', 'user_id', true, 'kept', '{}'),
('public.audit_log', 'user_id', true, 'kept', '{}'),
('public.audit_log', 'actor_id', false, 'kept', '{}'),
('notifier.enrollment_changes', 'student_id', true, 'kept', '{}'),
('notifier.attendance_warnings', 'student_id', true, 'kept', '{}'),
('private.presence_events', 'user_id', true, 'kept', '{}'),
('private.check_in_guesses', 'user_id', true, 'deleted', '{}'),
('private.platform_participants', 'user_id', true, 'deleted', '{}'),
('private.unmatched_participants', 'student_id', true, 'cleared', '{identity, full_name, email}'),
('private.unmatched_participants', 'decided_by', false, 'kept', '{}'),
('notifier.events', 'student_id', true, 'kept', '{}');

insert into private.personal_data (table_name, column_name, is_about, erasure, found_where)
values (
    'notifier.emails',
    'recipient_id',
    true,
    'kept',
    $$status in ('queued', 'claimed', 'sending', 'in_doubt') or status in ('sent', 'skipped', 'dead')$$
);
