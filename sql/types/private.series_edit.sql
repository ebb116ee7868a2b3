-- What an edit of a series comes to, before it is written.
create type private.series_edit as (
    old public.session_series,
    old_content jsonb, -- private.series_content of it
    new public.session_series, -- with another id where the series is split; write-only fields only where they change
    from_day date, -- first day that the edit is about
    is_split boolean,
    is_moved boolean, -- its time of day, length or zone changes
    has_new_rule boolean
);
comment on type private.series_edit is 'An edit of a series: what it was and is to be, and from which of its days on.';
