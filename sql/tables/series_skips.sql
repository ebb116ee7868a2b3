-- Dates of a series that no session was made for, so that nobody wonders where they went.
create table public.series_skips (
    series_id uuid not null,
    series_date date not null,
    reason public.series_skip_reason not null,
    detail text not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint series_skips_pkey primary key (series_id, series_date),
    constraint series_skips_series_id_fkey
    foreign key (series_id) references public.session_series (id) on delete cascade
);
comment on table public.series_skips is
    'Dates of a series that no session was made for, and why. Written with the series; a date that a session is made for later leaves. Seen by the mentor of the series and managers.';
comment on column public.series_skips.series_id is 'The series.';
comment on column public.series_skips.series_date is 'The day, in the zone of the series.';
comment on column public.series_skips.reason is 'Why there is no session.';
comment on column public.series_skips.detail is 'In words: the name of the blackout, each clash, or what went wrong.';
comment on column public.series_skips.created_at is 'When it was noticed.';
