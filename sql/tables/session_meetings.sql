-- Meetings that platforms make for sessions saved without a link. A row says what is wanted, not what to do: the edge
-- function meetings compares it with what has been done, so that ten changes of a session become one at the platform,
-- and a worker killed anywhere leaves a row that still says what is to come. A session whose host moves to another
-- account gets a second row; the first ends.
create table public.session_meetings (
    id uuid not null default gen_random_uuid(),
    session_id uuid,
    platform text not null,
    meeting_account_id uuid not null,
    is_wanted boolean not null default true,
    external_id text,
    link text,
    revision integer not null default 1,
    done_revision integer not null default 0,
    sweep_due_at timestamptz,
    report_due_at timestamptz,
    reported_at timestamptz,
    ended_at timestamptz,
    due_at timestamptz default clock_timestamp(),
    attempts integer not null default 0,
    reason text,
    begun_at timestamptz,
    claim_id uuid,
    claimed_action text,
    claimed_revision integer,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    state public.meeting_state not null generated always as (
        case
            when ended_at is not null then 'ended'::public.meeting_state
            when not is_wanted then 'ending'
            when external_id is null then 'pending'
            when done_revision < revision then 'changing'
            else 'ready'
        end
    ) stored,
    constraint session_meetings_pkey primary key (id),
    constraint session_meetings_session_id_fkey
    foreign key (session_id) references public.success_sessions (id) on delete set null,
    constraint session_meetings_meeting_account_id_of_platform_fkey
    foreign key (meeting_account_id, platform) references public.meeting_accounts (id, platform) on update cascade,
    constraint session_meetings_external_id_with_link check ((external_id is null) = (link is null)),
    constraint session_meetings_ended_unwanted check (ended_at is null or not is_wanted),
    constraint session_meetings_claim_while_held check (
        num_nulls(claim_id, claimed_action, claimed_revision) in (0, 3)
    ),
    constraint session_meetings_reason_length check (char_length(reason) <= 500)
);
comment on table public.session_meetings is
    'Meetings that platforms make for sessions saved without a link: what is wanted, how far it is, and what is against it. Seen by managers and the host; written by the system only. Rows outlive their session until the meeting is gone.';
comment on column public.session_meetings.id is 'The meeting; what it is known by at the platform.';
comment on column public.session_meetings.session_id is 'The session; null: deleted.';
comment on column public.session_meetings.platform is 'The platform that makes it.';
comment on column public.session_meetings.meeting_account_id is 'The account it runs on.';
comment on column public.session_meetings.is_wanted is
    'Whether the session still is to have it: not when cancelled, moved to another account, or given a link by hand.';
comment on column public.session_meetings.external_id is 'The platform''s id of it; null: not made yet.';
comment on column public.session_meetings.link is 'Its address, as in the session, without the secret part.';
comment on column public.session_meetings.revision is 'Counts the changes of the session that it has to follow.';
comment on column public.session_meetings.done_revision is 'The revision that the platform knows; 0: none.';
comment on column public.session_meetings.sweep_due_at is
    'When to look whether the platform has another one: set when making it took several attempts, of which an earlier one may have succeeded late. Null: no reason to.';
comment on column public.session_meetings.report_due_at is
    'From when on the platform''s report of who was there is to be fetched: anew when the platform says that the meeting ended. Null: not yet, or never.';
comment on column public.session_meetings.reported_at is
    'When the report was taken over, or no longer waited for; null: not yet, or given up, which reason tells.';
comment on column public.session_meetings.ended_at is 'When it was gone.';
comment on column public.session_meetings.due_at is
    'When there is next something to do, or until when a claim holds it, after which another may claim it; null: nothing.';
comment on column public.session_meetings.attempts is 'Attempts at what is to be done now.';
comment on column public.session_meetings.reason is 'Why it is not done yet; null: nothing is against it.';
comment on column public.session_meetings.begun_at is
    'When the first attempt to make it began: from then on it may exist, known or not. Null: never.';
comment on column public.session_meetings.claim_id is 'The claim that holds it; only that one may report an outcome.';
comment on column public.session_meetings.claimed_action is 'What the claim does: create, update, delete, sweep or reconcile.';
comment on column public.session_meetings.claimed_revision is 'The revision that the claim works on.';
comment on column public.session_meetings.created_at is 'When the session asked for it.';
comment on column public.session_meetings.updated_at is 'When it last changed.';
comment on column public.session_meetings.state is 'Generated: where it stands.';

-- A session has one meeting at a time.
create unique index session_meetings_wanted_idx on public.session_meetings (session_id) where is_wanted;
create index session_meetings_session_id_idx on public.session_meetings (session_id);
create index session_meetings_meeting_account_id_platform_idx
on public.session_meetings (meeting_account_id, platform);
-- Whether a meeting of an account is somebody's.
create index session_meetings_external_id_idx on public.session_meetings (external_id, meeting_account_id);
-- What there is to do, in its order.
create index session_meetings_due_at_idx on public.session_meetings (due_at) where due_at is not null;
