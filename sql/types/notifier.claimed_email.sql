-- What a worker needs to send one mail; the answer of notifier.claim_emails.
create type notifier.claimed_email as (
    email_id uuid, -- also what Message-ID and idempotency key are made of
    claim_id uuid, -- one per call of claim_emails; proves that the mail is still held
    event_id bigint,
    kind text, -- a notifier.email_kind
    in_doubt boolean, -- an earlier attempt may have got through: send the same again
    attempt integer, -- 1 on the first
    recipient_id uuid,
    address text,
    full_name text,
    timezone text, -- IANA zone to show times in
    locale text,
    recipient_role text, -- host or learner
    sessions integer, -- how many parts it has
    parts text, -- notifier.edition's
    calendars text [], -- iCalendar objects of METHOD REQUEST or CANCEL, addressed to the recipient
    summary jsonb, -- private.attendance_summary or notifier.attendance_warning; null for other kinds
    unsubscribe_token text, -- switches mails of this kind off; null where that cannot be done
    urgent boolean, -- before all that is not
    parcel_id uuid, -- the request in doubt that is to be repeated with it; null: none
    transport text -- in doubt: what it was handed to; null: nobody said, or not in doubt
);
comment on type notifier.claimed_email is 'All that a worker needs to render and send one mail; equal parts read equal.';
