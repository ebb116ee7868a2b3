create type public.notification_explanation as (
    event_id bigint,
    changed_at timestamptz,
    change text,
    changed_fields text [],
    kind text,
    status text,
    explanation text,
    attempts integer,
    next_attempt_at timestamptz,
    in_doubt_at timestamptz,
    sent_at timestamptz,
    transport text,
    last_error text,
    email_id uuid
);
comment on type public.notification_explanation is 'What became of one change of a session for one user.';
comment on column public.notification_explanation.event_id is 'The change, in order.';
comment on column public.notification_explanation.changed_at is 'When it was made.';
comment on column public.notification_explanation.change is 'created, changed, cancelled, reinstated, completed or invitations; else what it is about, such as registration or reminder.';
comment on column public.notification_explanation.changed_fields is 'The fields of the session that changed; empty for a new one.';
comment on column public.notification_explanation.kind is 'What the mail is about; null: there is none.';
comment on column public.notification_explanation.status is
    'The mail''s: queued, claimed, sending, in_doubt, sent, skipped or dead; without one unexpanded, merged, told_with_another or not_concerned.';
comment on column public.notification_explanation.explanation is 'Why, in words.';
comment on column public.notification_explanation.attempts is 'How often it was tried; null without a mail.';
comment on column public.notification_explanation.next_attempt_at is 'When it is tried next; null where it waits for nothing.';
comment on column public.notification_explanation.in_doubt_at is 'When an attempt of unknown outcome was noticed.';
comment on column public.notification_explanation.sent_at is 'When a mail server''s acceptance was recorded.';
comment on column public.notification_explanation.transport is 'The transport that accepted it.';
comment on column public.notification_explanation.last_error is 'What the last failed attempt met, without addresses.';
comment on column public.notification_explanation.email_id is 'The mail, as the notifier''s log names it.';
