-- What add_recording answers.
create type public.recording_receipt as (
    outcome public.presence_outcome,
    session_id uuid,
    recording_id uuid
);
comment on type public.recording_receipt is
    'Answer of add_recording: recorded, duplicate or unknown_meeting (then the rest is null), the session and the recording.';
