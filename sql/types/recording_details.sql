-- What open_recording answers.
create type public.recording_details as (
    recording_id uuid,
    session_id uuid,
    title text,
    url text,
    bucket_id text,
    storage_path text
);
comment on type public.recording_details is
    'Answer of open_recording: the address, or the bucket and path to ask Storage for (the other is null).';
