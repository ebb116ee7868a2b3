-- What session_credentials answers, for hosts and managers only.
create type public.session_credential_details as (
    session_id uuid,
    platform text,
    link text,
    backup_link text,
    zoom_meeting_id text,
    passcode text,
    host_link text
);
comment on type public.session_credential_details is
    'Answer of session_credentials: the links in full, the passcode and the host''s start link; null where none is set.';
