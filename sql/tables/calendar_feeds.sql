-- Calendars that programs subscribe to by an address that holds a token; see private.calendar_feed_tokens.
create table public.calendar_feeds (
    id uuid not null default gen_random_uuid(),
    owner_id uuid not null,
    label text,
    course_id uuid,
    last_used_at timestamptz,
    created_at timestamptz not null default now(),
    constraint calendar_feeds_pkey primary key (id),
    constraint calendar_feeds_owner_id_fkey
    foreign key (owner_id) references public.profiles (id) on delete cascade,
    constraint calendar_feeds_course_id_fkey
    foreign key (course_id) references public.courses (id) on delete cascade,
    constraint calendar_feeds_label_not_blank check (
        private.rule(
            btrim(label) <> '' and char_length(label) <= 100 and label !~ '[[:cntrl:]]',
            'calendar_feeds_label_not_blank',
            'label must be one line of 1 to 100 characters',
            'Send a name that tells the calendar from others, such as Work, or null.'
        )
    )
);
comment on table public.calendar_feeds is
    'Calendar feeds, each seen by its owner: created by create_calendar_feed, ended for good by revoke_calendar_feed, and gone with the user or the course.';
comment on column public.calendar_feeds.id is 'The feed; not its token, which is shown once and kept nowhere.';
comment on column public.calendar_feeds.owner_id is 'Whose sessions it shows.';
comment on column public.calendar_feeds.label is
    'What the owner calls it, also the calendar''s name in programs; one line, at most 100 characters; null: Live Sessions.';
comment on column public.calendar_feeds.course_id is 'Only the sessions of this course; null: all that its owner may see.';
comment on column public.calendar_feeds.last_used_at is
    'When it was last asked for, within 15 minutes; null: never. A GET straight from PostgREST cannot record it.';
comment on column public.calendar_feeds.created_at is 'When it was created.';

create index calendar_feeds_owner_id_idx on public.calendar_feeds (owner_id);
create index calendar_feeds_course_id_idx on public.calendar_feeds (course_id);
