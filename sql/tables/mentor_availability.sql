-- The hours of the week at which a mentor likes to host, by the clock of a zone, so that 18:00 stays 18:00 over
-- daylight saving changes. A wish, not a rule: time off is the rule.
create table public.mentor_availability (
    id uuid not null default gen_random_uuid(),
    mentor_id uuid not null default auth.uid(),
    weekday smallint not null,
    start_time time not null,
    end_time time not null,
    timezone text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint mentor_availability_pkey primary key (id),
    constraint mentor_availability_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id) on delete cascade,
    constraint mentor_availability_timezone_fkey
    foreign key (timezone) references private.time_zones (name) on update cascade,
    constraint mentor_availability_weekday_range check (
        private.rule(
            weekday between 1 and 7,
            'mentor_availability_weekday_range',
            'weekday must be between 1 and 7',
            'Send 1 for Monday to 7 for Sunday.'
        )
    ),
    constraint mentor_availability_end_time_after_start check (
        private.rule(
            end_time > start_time,
            'mentor_availability_end_time_after_start',
            'end_time must be after start_time',
            'End a day at 24:00, and enter what goes on after midnight for the next weekday, from 00:00.'
        )
    ),
    -- 2001-01-01 was a Monday.
    constraint mentor_availability_mentor_id_no_overlap exclude using gist (
        mentor_id with =,
        timezone with =,
        tsrange(date '2000-12-31' + weekday + start_time, date '2000-12-31' + weekday + end_time) with &&
    )
);
comment on table public.mentor_availability is
    'Weekly hours at which mentors like to host. They shape available_mentors and the slots offered to students; they refuse no session. A mentor who has stated none is available at any time. Seen by the mentor and managers.';
comment on column public.mentor_availability.id is 'The entry.';
comment on column public.mentor_availability.mentor_id is 'Whose hours, a user with the role mentor; the caller when left out.';
comment on column public.mentor_availability.weekday is 'Day of the week (ISO 8601): 1 Monday to 7 Sunday.';
comment on column public.mentor_availability.start_time is 'From when, by the clock in timezone.';
comment on column public.mentor_availability.end_time is
    'Until when, by the clock in timezone, at most 24:00. Hours over midnight are two entries; a session may run across both.';
comment on column public.mentor_availability.timezone is 'IANA zone whose clock is meant.';
comment on column public.mentor_availability.created_at is 'When it was entered.';
comment on column public.mentor_availability.updated_at is 'When it last changed.';
comment on constraint mentor_availability_mentor_id_no_overlap on public.mentor_availability is
    'The hours of one mentor in one zone do not overlap.';

create index mentor_availability_mentor_id_weekday_idx on public.mentor_availability (mentor_id, weekday);
create index mentor_availability_timezone_idx on public.mentor_availability (timezone);
