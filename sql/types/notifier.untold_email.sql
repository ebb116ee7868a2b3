-- A mail whose turn has come, and the events that it has to tell of.
create type notifier.untold_email as (
    id uuid,
    event_id bigint,
    session_id uuid,
    recipient_id uuid,
    transaction_id xid8, -- what may go out together; 0: with the mail of the day
    doubt_id uuid, -- of one in doubt: the mail that it was a part of, or itself
    topic notifier.email_topic,
    kind notifier.email_kind, -- as it was queued, or went out last
    urgent boolean,
    parcel_id uuid,
    available_at timestamptz,
    postponed_for text,
    attempt integer, -- 1 on the first
    is_in_doubt boolean,
    is_of_enrollment boolean, -- its event is that somebody came to the audience or left it
    is_doubted boolean, -- what its recipient was told last may not have arrived
    is_told_out boolean, -- what its recipient was told last is that they are out
    from_id bigint, -- the first event to tell of; null: an earlier mail has told of all of them
    through_id bigint -- the newest
);
comment on type notifier.untold_email is 'A mail that is due and the span of events, from_id to through_id, that its recipient has not been told of.';
