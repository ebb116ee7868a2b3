-- What is to become of a mail whose turn has come.
create type notifier.judged_email as (
    id uuid,
    carrier_id uuid, -- the mail that it is a part of, or itself
    verdict text, -- tell, wait or skip
    skip_reason text, -- null unless it is skipped
    wait_for text, -- quiet_hours or digest
    wait_until timestamptz, -- of all parts the same
    event_id bigint,
    session_id uuid,
    recipient_id uuid,
    topic notifier.email_topic,
    kind notifier.email_kind, -- null: there is nothing to tell
    urgent boolean,
    parcel_id uuid,
    available_at timestamptz,
    attempt integer, -- of all parts the same
    is_in_doubt boolean,
    is_digest boolean,
    is_of_enrollment boolean,
    from_id bigint,
    through_id bigint,
    changes jsonb, -- notifier.session_changes between them
    is_out boolean, -- no longer invited
    is_stranger boolean, -- and no calendar of theirs knows the session
    address text,
    full_name text,
    timezone text,
    locale text,
    role text -- host or learner
);
comment on type notifier.judged_email is 'A mail that is due, and whether it is told, waits or is skipped; with what telling it takes.';
