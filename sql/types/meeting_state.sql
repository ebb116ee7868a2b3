create type public.meeting_state as enum (
    'pending', -- to be created at the platform; the session has no link yet
    'changing', -- exists, and is to follow a change of its session
    'ready', -- exists, as its session is
    'ending', -- no longer wanted, and to be deleted at the platform
    'ended' -- deleted there, or never made
);
comment on type public.meeting_state is 'Where a meeting stands that the platform makes for a session.';
