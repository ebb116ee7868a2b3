-- Who opened which recording, and when. Append-only; written by open_recording.
create table public.session_recording_views (
    id uuid not null default gen_random_uuid(),
    recording_id uuid not null,
    session_id uuid not null,
    user_id uuid not null,
    viewed_at timestamptz not null default clock_timestamp(),
    constraint session_recording_views_pkey primary key (id),
    constraint session_recording_views_recording_id_fkey
    foreign key (recording_id) references public.session_recordings (id) on delete cascade,
    constraint session_recording_views_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete cascade,
    constraint session_recording_views_user_id_fkey
    foreign key (user_id) references public.profiles (id) on delete cascade
);
comment on table public.session_recording_views is
    'Who opened which recording, and when: own rows for everybody, all of a session''s for its host and managers. Written by open_recording.';
comment on column public.session_recording_views.id is 'The opening.';
comment on column public.session_recording_views.recording_id is 'The recording.';
comment on column public.session_recording_views.session_id is 'Its session.';
comment on column public.session_recording_views.user_id is 'Who opened it.';
comment on column public.session_recording_views.viewed_at is 'When.';

-- user_id is in them because the policy asks for it: course_enrollments says why.
create index session_recording_views_recording_id_user_id_idx
on public.session_recording_views (recording_id, user_id);
create index session_recording_views_session_id_user_id_idx on public.session_recording_views (session_id, user_id);
create index session_recording_views_user_id_idx on public.session_recording_views (user_id, viewed_at);
