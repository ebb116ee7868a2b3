-- When a mentor is away. Entries may overlap: leave that is entered twice is still leave.
create table public.mentor_time_off (
    id uuid not null default gen_random_uuid(),
    mentor_id uuid not null default auth.uid(),
    start_time timestamptz not null,
    end_time timestamptz not null,
    reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint mentor_time_off_pkey primary key (id),
    constraint mentor_time_off_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id) on delete cascade,
    constraint mentor_time_off_start_time_range check (
        private.rule(
            start_time >= '2000-01-01 00:00+00' and start_time < '2200-01-01 00:00+00',
            'mentor_time_off_start_time_range',
            'start_time must be in the years 2000 to 2199',
            'Check the year; send an instant such as 2027-03-01T00:00:00+01:00.'
        )
    ),
    constraint mentor_time_off_end_time_after_start check (
        private.rule(
            end_time > start_time and end_time < '2201-01-01 00:00+00',
            'mentor_time_off_end_time_after_start',
            'end_time must be after start_time, and before the year 2201',
            'Send the instant from which the mentor is back.'
        )
    ),
    constraint mentor_time_off_reason_length check (
        private.rule(
            char_length(reason) <= 200 and reason !~ '[[:cntrl:]]',
            'mentor_time_off_reason_length',
            'reason must be one line of at most 200 characters',
            'Shorten the reason, or leave it out.'
        )
    )
);
comment on table public.mentor_time_off is
    'When mentors are away: no session can be given to them then (23P01). Sessions given to them before stay theirs until somebody acts; the view time_off_clashes lists them. Seen by the mentor and managers.';
comment on column public.mentor_time_off.id is 'The entry.';
comment on column public.mentor_time_off.mentor_id is 'Who is away, a user with the role mentor; the caller when left out.';
comment on column public.mentor_time_off.start_time is 'From when, an instant.';
comment on column public.mentor_time_off.end_time is 'Until when, an instant after start_time; a session may begin at it.';
comment on column public.mentor_time_off.reason is 'For the mentor and managers; one line of at most 200 characters, or null.';
comment on column public.mentor_time_off.created_at is 'When it was entered.';
comment on column public.mentor_time_off.updated_at is 'When it last changed.';

-- What is still to come of one mentor's.
create index mentor_time_off_mentor_id_end_time_idx on public.mentor_time_off (mentor_id, end_time);
-- Who of all is away then.
create index mentor_time_off_period_idx on public.mentor_time_off using gist (tstzrange(start_time, end_time));
