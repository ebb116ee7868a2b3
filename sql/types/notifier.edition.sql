-- What all mails of the same parts say.
create type notifier.edition as (
    email_ids uuid [], -- the carriers of these mails
    kind text, -- of the whole mail: a notifier.email_kind, or what several together are
    optional_kind text, -- what its link unsubscribes from; null: it cannot be
    sessions integer, -- how many parts there are
    -- by start_time: [{"kind": …, "session": notifier.session_details, "changes": {field: {"old": …, "new": …}}}];
    -- text of JSON, which is made once and handed out a thousand times
    parts text,
    calendars text [] -- iCalendar objects of METHOD REQUEST or CANCEL, addressed to nobody yet
);
comment on type notifier.edition is 'The content that mails of equal parts share.';
