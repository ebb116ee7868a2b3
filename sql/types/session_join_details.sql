-- What join_session answers: all that a person needs to enter the meeting.
create type public.session_join_details as (
    session_id uuid,
    title text,
    description text,
    session_type public.session_type,
    start_time timestamptz,
    end_time timestamptz,
    timezone text,
    mentor_name text,
    platform text,
    link text,
    backup_link text,
    zoom_meeting_id text,
    passcode text,
    attendance_status public.attendance_status,
    is_on_backup_link boolean
);
comment on type public.session_join_details is
    'Answer of join_session: the session, its meeting credentials and the caller''s attendance (null for host and managers). is_on_backup_link: the usual link has failed, link is the backup link.';
