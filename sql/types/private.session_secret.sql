-- The write-only parts of a session, series or recording, each kept in Vault under its own name.
create type private.session_secret as enum (
    'zoom_passcode', -- the meeting's passcode
    'link', -- the whole link where it carries a pwd= parameter
    'backup_link', -- the whole backup link where it carries a pwd= parameter
    'host_link', -- the host's start link; never revealed to students
    'recording_url' -- the address of a recording, by the recording's id
);
comment on type private.session_secret is 'The write-only parts of a session, series or recording, each kept in Vault under its own name.';
