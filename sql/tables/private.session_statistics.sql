-- What happened in each session, in one row: reports add these up instead of counting attendance. Kept by triggers,
-- equal to private.recounted_session_statistics at any time. A session's students are counted from the moment it is
-- completed; until then the counts are zero, so that those who join at the same moment do not queue for this row.
-- The columns that every report reads come first and are never null: Postgres finds them without looking at the others.
create table private.session_statistics (
    session_id uuid not null,
    start_time timestamptz not null,
    scheduled_minutes integer not null,
    status public.session_status not null,
    session_type public.session_type not null,
    registration_required boolean not null,
    host_key uuid not null,
    first_host_key uuid not null,
    present integer not null,
    late integer not null,
    partial integer not null,
    absent integer not null,
    excused integer not null,
    minutes integer not null,
    registered integer not null,
    seats integer not null,
    ratings integer not null,
    rating_points integer not null,
    minutes_to_5 integer not null,
    minutes_to_10 integer not null,
    minutes_to_15 integer not null,
    minutes_to_20 integer not null,
    minutes_to_25 integer not null,
    minutes_to_30 integer not null,
    minutes_to_35 integer not null,
    minutes_to_40 integer not null,
    minutes_to_45 integer not null,
    minutes_to_50 integer not null,
    minutes_to_55 integer not null,
    minutes_to_60 integer not null,
    minutes_to_75 integer not null,
    minutes_to_90 integer not null,
    minutes_to_120 integer not null,
    minutes_to_180 integer not null,
    minutes_to_240 integer not null,
    minutes_to_1440 integer not null,
    course_id uuid,
    batch_id uuid,
    host_joined_at timestamptz,
    constraint session_statistics_pkey primary key (session_id),
    constraint session_statistics_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade
);
comment on table private.session_statistics is
    'One row per session with what reports add up; equal to private.recounted_session_statistics. Counts of students are zero until the session is completed.';
comment on column private.session_statistics.session_id is 'The session.';
comment on column private.session_statistics.start_time is 'Begin of the session.';
comment on column private.session_statistics.scheduled_minutes is 'Length of the session, in minutes, rounded.';
comment on column private.session_statistics.status is 'Status of the session, as stored.';
comment on column private.session_statistics.session_type is 'Kind of session.';
comment on column private.session_statistics.registration_required is 'Whether students need a seat.';
comment on column private.session_statistics.host_key is 'The mentor, or the zero uuid.';
comment on column private.session_statistics.first_host_key is
    'The first mentor the session was given to, or the zero uuid; another one than host_key: it was handed over.';
comment on column private.session_statistics.present is 'Students marked present.';
comment on column private.session_statistics.late is 'Students marked late.';
comment on column private.session_statistics.partial is 'Students marked partial.';
comment on column private.session_statistics.absent is 'Students marked absent.';
comment on column private.session_statistics.excused is 'Students marked excused.';
comment on column private.session_statistics.minutes is 'Minutes present, summed over those counted in minutes_to_….';
comment on column private.session_statistics.registered is 'Students who hold a seat.';
comment on column private.session_statistics.seats is 'Seats there were; 0 where capacity is null.';
comment on column private.session_statistics.ratings is 'Number of ratings.';
comment on column private.session_statistics.rating_points is 'Sum of the ratings, 1 to 5 each.';
comment on column private.session_statistics.minutes_to_5 is
    'Students who came, and whose presence was measured (joined_at is known), for 0 to 5 minutes.';
comment on column private.session_statistics.minutes_to_10 is
    'Students who came, and whose presence was measured (joined_at is known), for 6 to 10 minutes.';
comment on column private.session_statistics.minutes_to_15 is
    'Students who came, and whose presence was measured (joined_at is known), for 11 to 15 minutes.';
comment on column private.session_statistics.minutes_to_20 is
    'Students who came, and whose presence was measured (joined_at is known), for 16 to 20 minutes.';
comment on column private.session_statistics.minutes_to_25 is
    'Students who came, and whose presence was measured (joined_at is known), for 21 to 25 minutes.';
comment on column private.session_statistics.minutes_to_30 is
    'Students who came, and whose presence was measured (joined_at is known), for 26 to 30 minutes.';
comment on column private.session_statistics.minutes_to_35 is
    'Students who came, and whose presence was measured (joined_at is known), for 31 to 35 minutes.';
comment on column private.session_statistics.minutes_to_40 is
    'Students who came, and whose presence was measured (joined_at is known), for 36 to 40 minutes.';
comment on column private.session_statistics.minutes_to_45 is
    'Students who came, and whose presence was measured (joined_at is known), for 41 to 45 minutes.';
comment on column private.session_statistics.minutes_to_50 is
    'Students who came, and whose presence was measured (joined_at is known), for 46 to 50 minutes.';
comment on column private.session_statistics.minutes_to_55 is
    'Students who came, and whose presence was measured (joined_at is known), for 51 to 55 minutes.';
comment on column private.session_statistics.minutes_to_60 is
    'Students who came, and whose presence was measured (joined_at is known), for 56 to 60 minutes.';
comment on column private.session_statistics.minutes_to_75 is
    'Students who came, and whose presence was measured (joined_at is known), for 61 to 75 minutes.';
comment on column private.session_statistics.minutes_to_90 is
    'Students who came, and whose presence was measured (joined_at is known), for 76 to 90 minutes.';
comment on column private.session_statistics.minutes_to_120 is
    'Students who came, and whose presence was measured (joined_at is known), for 91 to 120 minutes.';
comment on column private.session_statistics.minutes_to_180 is
    'Students who came, and whose presence was measured (joined_at is known), for 121 to 180 minutes.';
comment on column private.session_statistics.minutes_to_240 is
    'Students who came, and whose presence was measured (joined_at is known), for 181 to 240 minutes.';
comment on column private.session_statistics.minutes_to_1440 is
    'Students who came, and whose presence was measured (joined_at is known), for 241 to 1440 minutes.';
comment on column private.session_statistics.course_id is 'Course of the session.';
comment on column private.session_statistics.batch_id is 'Batch of the session.';
comment on column private.session_statistics.host_joined_at is 'When the mentor first joined; null: not seen.';

alter table private.session_statistics enable row level security;

-- The sessions of a period: of everybody, of a course, of a mentor, and those that a mentor handed over.
create index session_statistics_start_time_idx on private.session_statistics (start_time);
create index session_statistics_course_id_start_time_idx on private.session_statistics (course_id, start_time);
create index session_statistics_host_key_start_time_idx on private.session_statistics (host_key, start_time);
create index session_statistics_handed_over_idx on private.session_statistics (first_host_key, start_time)
where first_host_key <> host_key;
