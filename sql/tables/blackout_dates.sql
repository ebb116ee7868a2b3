-- Days on which series make no sessions: holidays of the platform, or of one course.
create table public.blackout_dates (
    id uuid not null default gen_random_uuid(),
    course_id uuid,
    name text not null,
    first_date date not null,
    last_date date not null,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    begins_after timestamptz not null generated always as (
        ((first_date - 1)::timestamp at time zone 'UTC')
    ) stored,
    begins_before timestamptz not null generated always as (
        ((last_date + 2)::timestamp at time zone 'UTC')
    ) stored,
    constraint blackout_dates_pkey primary key (id),
    constraint blackout_dates_course_id_fkey
    foreign key (course_id) references public.courses (id) on delete cascade,
    constraint blackout_dates_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint blackout_dates_name_not_blank check (
        private.rule(
            btrim(name) <> '' and char_length(name) <= 200 and name !~ '[[:cntrl:]]',
            'blackout_dates_name_not_blank',
            'name must be one line of 1 to 200 characters',
            'Say what the days are, such as Winter break.'
        )
    ),
    constraint blackout_dates_first_date_range check (
        private.rule(
            first_date >= '2000-01-01' and first_date < '2200-01-01',
            'blackout_dates_first_date_range',
            'first_date must be in the years 2000 to 2199',
            'Check the year; send a day such as 2026-12-24.'
        )
    ),
    constraint blackout_dates_last_date_range check (
        private.rule(
            last_date >= first_date and last_date < first_date + 366,
            'blackout_dates_last_date_range',
            'last_date must be first_date or later, and at most a year of 366 days in all',
            'Send the last of the days; it is one of them.'
        )
    )
);
comment on table public.blackout_dates is
    'Days on which series make no sessions: holidays of the platform or of a course. Asked when a series is created, extended, or given another rule. Sessions that are there stay until somebody acts; the view blackout_clashes lists them. Written by managers.';
comment on column public.blackout_dates.id is 'The entry.';
comment on column public.blackout_dates.course_id is 'The course it is for; null: all of the platform.';
comment on column public.blackout_dates.name is 'What the days are; one line of at most 200 characters.';
comment on column public.blackout_dates.first_date is 'First day, in the time zone of whichever series.';
comment on column public.blackout_dates.last_date is 'Last day; the same for a single one. At most 366 days in all.';
comment on column public.blackout_dates.created_by is 'Who entered it; null: the system, or a user since deleted.';
comment on column public.blackout_dates.created_at is 'When it was entered.';
comment on column public.blackout_dates.updated_at is 'When it last changed.';
comment on column public.blackout_dates.begins_after is
    'Generated: in no time zone does one of its days begin before it. What sessions are searched by.';
comment on column public.blackout_dates.begins_before is
    'Generated: in every time zone its days are over by then. What sessions are searched by.';

create index blackout_dates_course_id_last_date_idx on public.blackout_dates (course_id, last_date);
create index blackout_dates_created_by_idx on public.blackout_dates (created_by);
