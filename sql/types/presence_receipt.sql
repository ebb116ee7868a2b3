-- What record_presence and end_meeting answer.
create type public.presence_receipt as (
    outcome public.presence_outcome,
    session_id uuid,
    student_id uuid,
    participant_id uuid
);
comment on type public.presence_receipt is
    'Answer of record_presence and end_meeting: the outcome, the session (null: unknown meeting), the student it was recorded for, and the participant''s id in the review queue; the last two null where there is none.';
