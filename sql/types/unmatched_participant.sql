-- One line of unmatched_participants.
create type public.unmatched_participant as (
    participant_id uuid,
    session_id uuid,
    title text,
    start_time timestamptz,
    platform text,
    full_name text,
    email text,
    first_seen_at timestamptz,
    last_seen_at timestamptz,
    status text,
    student_id uuid,
    decided_by uuid,
    decided_at timestamptz
);
comment on type public.unmatched_participant is
    'A participant of a meeting whom no key and no verified address names: as the platform calls them (null: nothing, or deleted after app_settings.unmatched_retention_days), when they were seen, and what was decided: waiting, linked (student_id), dismissed.';
