-- What mentors offer: windows by a recurrence rule, cut into slots of one length. Slots are not stored: they are worked
-- out where they are asked for, so that a change of the offer, of a session or of time off shows at once.
create table public.booking_offers (
    id uuid not null default gen_random_uuid(),
    mentor_id uuid not null default auth.uid(),
    title text not null,
    description text,
    audience public.offer_audience not null,
    course_id uuid,
    batch_id uuid,
    start_time timestamptz not null,
    timezone text not null default 'UTC',
    recurrence jsonb,
    -- These two defaults make the fields optional in typed clients; the trigger booking_offers_1_rule sets the values.
    rrule text not null default '',
    exdates date[] not null default '{}',
    window_minutes integer not null default 60,
    slot_minutes integer not null default 30,
    gap_minutes integer not null default 0,
    booking_notice_minutes integer not null default 120,
    change_notice_minutes integer not null default 120,
    booking_horizon_days integer not null default 60,
    max_open_per_student integer default 1,
    max_per_student_week integer,
    max_per_student_month integer,
    max_per_day integer,
    platform text not null default 'zoom',
    link text,
    backup_link text,
    zoom_meeting_id text,
    zoom_passcode text,
    is_active boolean not null default true,
    created_by uuid default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    audience_key uuid generated always as (
        case when is_active then private.offer_key(audience, course_id, batch_id) end
    ) stored,
    constraint booking_offers_pkey primary key (id),
    constraint booking_offers_mentor_id_fkey
    foreign key (mentor_id) references public.profiles (id),
    constraint booking_offers_course_id_fkey
    foreign key (course_id) references public.courses (id),
    constraint booking_offers_batch_id_of_course_fkey
    foreign key (batch_id, course_id) references public.batches (id, course_id),
    constraint booking_offers_created_by_fkey
    foreign key (created_by) references public.profiles (id) on delete set null,
    constraint booking_offers_timezone_fkey
    foreign key (timezone) references private.time_zones (name) on update cascade,
    constraint booking_offers_platform_fkey
    foreign key (platform) references public.meeting_platforms (id) on update cascade,
    -- Shorter than a session's: the student's name is added to it.
    constraint booking_offers_title_not_blank check (
        private.rule(
            btrim(title) <> '' and char_length(title) <= 120 and title !~ '[[:cntrl:]]',
            'booking_offers_title_not_blank',
            'title must be one line of 1 to 120 characters',
            'Give the offer a title that is not blank.'
        )
    ),
    constraint booking_offers_description_length check (
        private.rule(
            char_length(description) <= 5000,
            'booking_offers_description_length',
            'description must be at most 5,000 characters',
            'Shorten the description.'
        )
    ),
    constraint booking_offers_audience_names_its_own check (
        private.rule(
            case audience
                when 'everybody' then course_id is null and batch_id is null
                when 'batch' then course_id is not null and batch_id is not null
                else course_id is not null and batch_id is null
            end,
            'booking_offers_audience_names_its_own',
            'audience does not go with course_id and batch_id',
            'Send neither for everybody, course_id alone for course and unbatched, both for batch.'
        )
    ),
    constraint booking_offers_start_time_range check (
        private.rule(
            start_time >= '2000-01-01 00:00+00' and start_time < '2200-01-01 00:00+00',
            'booking_offers_start_time_range',
            'start_time must be in the years 2000 to 2199',
            'Check the year; send an instant such as 2027-03-01T18:00:00+01:00.'
        )
    ),
    constraint booking_offers_slot_minutes_range check (
        private.rule(
            slot_minutes between 5 and 480,
            'booking_offers_slot_minutes_range',
            'slot_minutes must be between 5 and 480',
            'Send the length of one meeting in minutes.'
        )
    ),
    constraint booking_offers_gap_minutes_range check (
        private.rule(
            gap_minutes between 0 and 480,
            'booking_offers_gap_minutes_range',
            'gap_minutes must be between 0 and 480',
            'Send the minutes between the end of a slot and the start of the next, or 0.'
        )
    ),
    constraint booking_offers_window_minutes_range check (
        private.rule(
            window_minutes between 5 and 1440,
            'booking_offers_window_minutes_range',
            'window_minutes must be between 5 and 1440',
            'Send how many minutes each date lasts, at most a day.'
        )
    ),
    constraint booking_offers_window_minutes_holds_a_slot check (
        private.rule(
            window_minutes >= slot_minutes,
            'booking_offers_window_minutes_holds_a_slot',
            'window_minutes must be at least slot_minutes',
            'Lengthen the window or shorten the slots.'
        )
    ),
    constraint booking_offers_booking_notice_minutes_range check (
        private.rule(
            booking_notice_minutes between 0 and 43200,
            'booking_offers_booking_notice_minutes_range',
            'booking_notice_minutes must be between 0 and 43200',
            'Send how many minutes before its start a slot must be booked, at most 30 days.'
        )
    ),
    constraint booking_offers_change_notice_minutes_range check (
        private.rule(
            change_notice_minutes between 0 and 43200,
            'booking_offers_change_notice_minutes_range',
            'change_notice_minutes must be between 0 and 43200',
            'Send up to how many minutes before its start a booking may be moved or cancelled, at most 30 days.'
        )
    ),
    constraint booking_offers_booking_horizon_days_range check (
        private.rule(
            booking_horizon_days between 1 and 366,
            'booking_offers_booking_horizon_days_range',
            'booking_horizon_days must be between 1 and 366',
            'Send how many days ahead slots may be booked.'
        )
    ),
    constraint booking_offers_max_open_per_student_range check (
        private.rule(
            max_open_per_student between 1 and 1000,
            'booking_offers_max_open_per_student_range',
            'max_open_per_student must be between 1 and 1000',
            'Send how many bookings a student may have before them, or null for any number.'
        )
    ),
    constraint booking_offers_max_per_student_week_range check (
        private.rule(
            max_per_student_week between 1 and 1000,
            'booking_offers_max_per_student_week_range',
            'max_per_student_week must be between 1 and 1000',
            'Send how many bookings a student may have in one week, or null for any number.'
        )
    ),
    constraint booking_offers_max_per_student_month_range check (
        private.rule(
            max_per_student_month between 1 and 1000,
            'booking_offers_max_per_student_month_range',
            'max_per_student_month must be between 1 and 1000',
            'Send how many bookings a student may have in one month, or null for any number.'
        )
    ),
    constraint booking_offers_max_per_day_range check (
        private.rule(
            max_per_day between 1 and 1000,
            'booking_offers_max_per_day_range',
            'max_per_day must be between 1 and 1000',
            'Send how many bookings the mentor takes on one day, or null for any number.'
        )
    )
);
comment on table public.booking_offers is
    'What mentors offer for one-to-one meetings: windows by a recurrence rule, cut into slots that students book with book_slot. Seen by its mentor, managers, and, while it is active, those it is offered to. Changes touch no meeting that is booked already.';
comment on column public.booking_offers.id is 'The offer.';
comment on column public.booking_offers.mentor_id is 'Who offers, a user with the role mentor; never changes.';
comment on column public.booking_offers.title is
    'One line, not blank, at most 120 characters; the sessions are called by it and the student''s name.';
comment on column public.booking_offers.description is
    'What the meetings are about, at most 5,000 characters; goes into the sessions'' description.';
comment on column public.booking_offers.audience is 'To whom: everybody, course, batch or unbatched.';
comment on column public.booking_offers.course_id is 'Course of the audience; null for everybody.';
comment on column public.booking_offers.batch_id is 'Batch of the audience batch; else null.';
comment on column public.booking_offers.start_time is 'Where the rule begins; its wall-clock time in timezone is when each window opens.';
comment on column public.booking_offers.timezone is 'IANA zone of the windows, and of the days, weeks and months that limits count by.';
comment on column public.booking_offers.recurrence is
    'When there are windows, as preview_recurrence takes it: {"pattern", "days", "count" or "until"} or {"rrule"}, with "exdates"; null: once, at start_time.';
comment on column public.booking_offers.rrule is 'Read-only: recurrence as a rule of RFC 5545.';
comment on column public.booking_offers.exdates is 'Read-only: the days, in timezone, that recurrence leaves out.';
comment on column public.booking_offers.window_minutes is 'Length of each window. It is cut into slots from its beginning; what does not fill a slot is left over.';
comment on column public.booking_offers.slot_minutes is 'Length of one meeting.';
comment on column public.booking_offers.gap_minutes is 'From the end of a slot to the start of the next.';
comment on column public.booking_offers.booking_notice_minutes is 'So long before its start a slot can be booked at the latest.';
comment on column public.booking_offers.change_notice_minutes is
    'So long before its start a student can move or cancel a booking at the latest; a booking keeps the notice it was made with.';
comment on column public.booking_offers.booking_horizon_days is 'So many days before its start a slot can be booked at the earliest.';
comment on column public.booking_offers.max_open_per_student is
    'How many bookings of this offer that are not over one student may have; null for any number.';
comment on column public.booking_offers.max_per_student_week is
    'How many bookings of this offer one student may have in one week, Monday to Sunday; null for any number.';
comment on column public.booking_offers.max_per_student_month is
    'How many bookings of this offer one student may have in one calendar month; null for any number.';
comment on column public.booking_offers.max_per_day is
    'This offer has no slots on days on which the mentor has so many bookings, through whichever offer; null for any number.';
comment on column public.booking_offers.platform is 'Video platform, meeting_platforms.id.';
comment on column public.booking_offers.link is
    'Write-only: address of the meetings, http(s), required unless an account of the platform makes the meetings: each session then gets a meeting of its own, and the empty string removes the address. Kept in Vault as a whole, because whoever sees an offer has not booked yet; given to each session. Reads as null; null leaves it as it is.';
comment on column public.booking_offers.backup_link is 'Write-only: address to use when the platform fails; the empty string removes it.';
comment on column public.booking_offers.zoom_meeting_id is
    'Write-only: Zoom''s meeting number, 9 to 11 digits; the empty string removes it.';
comment on column public.booking_offers.zoom_passcode is 'Write-only: the passcode; the empty string removes it.';
comment on column public.booking_offers.is_active is 'Whether it can be booked; false withdraws it, what is booked stays.';
comment on column public.booking_offers.created_by is 'Who created it; null: the system, or a user since deleted.';
comment on column public.booking_offers.created_at is 'When it was created.';
comment on column public.booking_offers.updated_at is 'When it last changed.';
comment on column public.booking_offers.audience_key is
    'Generated: the audience as one key, which row-level security searches by; null while it is not active.';

create index booking_offers_audience_key_idx on public.booking_offers (audience_key);
create index booking_offers_mentor_id_idx on public.booking_offers (mentor_id);
create index booking_offers_course_id_batch_id_idx on public.booking_offers (course_id, batch_id);
create index booking_offers_batch_id_course_id_idx on public.booking_offers (batch_id, course_id);
create index booking_offers_created_by_idx on public.booking_offers (created_by);
create index booking_offers_timezone_idx on public.booking_offers (timezone);
create index booking_offers_platform_idx on public.booking_offers (platform);
