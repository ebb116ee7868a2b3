-- What all mails of the same parts say.
create type notifier.edition as (
    email_ids uuid [], -- the carriers of these mails
    kind text, -- of the whole mail: a notifier.email_kind, or what several together are
    optional_kind text, -- what its link unsubscribes from; null: it cannot be
    parts jsonb, -- by start_time: [{"kind": …, "session": …, "changes": …}]
    methods text [], -- REQUEST or CANCEL, of each of the contents
    contents text [] -- iCalendar objects, addressed to nobody yet
);
comment on type notifier.edition is 'The content that mails of equal parts share.';
