-- From a change to an event: the outbox, its triggers, and the calendar objects that mails carry.

-- == Unsubscribing ===================================================================================================

-- Made when it is first used, and again where it is gone, because a copy was restored without Vault's key or somebody
-- deleted it. A claim that comes while another is making it does without: claims wait for nobody.
create function private.unsubscribe_key()
returns bytea
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    c_name constant text := 'notifier/unsubscribe_key';
    v_key text;
begin
    select secret.decrypted_secret into v_key from vault.decrypted_secrets as secret where secret.name = c_name;
    if v_key is null and pg_try_advisory_xact_lock(hashtext(c_name)) then
        -- Anew, now that the lock is held: whoever had it may have made the key.
        select secret.decrypted_secret into v_key from vault.decrypted_secrets as secret where secret.name = c_name;
        if v_key is null then
            -- Of two uuids that nobody can guess, 244 random bits.
            v_key := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
            delete from vault.secrets as unreadable where unreadable.name = c_name;
            perform vault.create_secret(v_key, c_name, 'Signs the unsubscribe links of mails');
        end if;
    end if;
    return decode(v_key, 'hex');
end
$$;
comment on function private.unsubscribe_key() is
    'The key, in Vault as notifier/unsubscribe_key, that unsubscribe links are signed with; null while another transaction is making it.';
revoke execute on function private.unsubscribe_key() from public;

create function private.unsubscribe_token(key bytea, user_id uuid, kind text)
returns text
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claim text := format('%s.%s', kind, replace(user_id::text, '-', ''));
begin
    return format(
        '%s.%s', v_claim, encode(extensions.hmac(convert_to('unsubscribe.' || v_claim, 'UTF8'), key, 'sha256'), 'hex')
    );
end
$$;
comment on function private.unsubscribe_token(bytea, uuid, text) is
    'What switches off one kind of mail for one user, and nothing else: kind, user and a signature (HMAC-SHA256), with dots in between.';
revoke execute on function private.unsubscribe_token(bytea, uuid, text) from public;

-- Behind the link that mails carry (RFC 8058): whoever has the token may do this one thing. The signatures are compared
-- by their hashes with a random prefix: how long that takes tells nothing of the one that is right.
-- Security definer: it is the API; it reads the key and writes what is a user's own.
create function public.unsubscribe(token text, confirm boolean)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text [] := regexp_match(token, '^([a-z_]{1,40})\.([0-9a-f]{32})\.[0-9a-f]{64}$');
    v_nonce bytea := uuid_send(gen_random_uuid());
    v_user_id uuid;
begin
    if v_parts is not null
        and sha256(v_nonce || convert_to(token, 'UTF8')) = sha256(
            v_nonce
            || convert_to(private.unsubscribe_token(private.unsubscribe_key(), v_parts[2]::uuid, v_parts[1]), 'UTF8')
        )
        and v_parts[1] = any(private.optional_mail_kinds())
    then
        select profile.id into v_user_id from public.profiles as profile where profile.id = v_parts[2]::uuid;
    end if;
    if v_user_id is null then
        raise exception using
            errcode = 'PT404',
            message = 'this link is not valid',
            hint = 'Take it from a mail as it is, or change the settings of your profile.';
    end if;
    if confirm then
        insert into public.notification_preferences as preference (user_id, kind, enabled)
        values (v_user_id, v_parts[1], false)
        on conflict (user_id, kind) do update
            set enabled = false
            where preference.enabled;
    end if;
    return v_parts[1];
end
$$;
comment on function public.unsubscribe(text, boolean) is
    'For the edge function unsubscribe: switches the kind of mail off that a token from a mail is for, if confirm, and returns the kind. Safe to repeat. Errors: PT404 for a token that is malformed, wrong or of somebody who is gone.';
revoke execute on function public.unsubscribe(text, boolean) from public, anon, authenticated, service_role;
grant execute on function public.unsubscribe(text, boolean) to service_role;

-- == Outbox: schema notifier =========================================================================================

-- What a mail is about. Each kind has its templates in the notifier.
create type notifier.email_kind as enum (
    'session_scheduled', -- a learner is invited
    'session_rescheduled', -- the time of a session somebody is invited to changed
    'session_updated', -- something else that they see changed
    'meeting_link_changed', -- the link has failed and the backup link is used, or the other way round
    'session_cancelled', -- the session is called off, or the learner is no longer invited
    'mentor_assigned', -- somebody became the host
    'mentor_unassigned', -- somebody is no longer the host
    'series_scheduled', -- a learner is invited to several sessions by one transaction
    'series_updated', -- one transaction changed several sessions in ways that differ, or that need no kind of their own
    'series_cancelled', -- one transaction called off several sessions
    'enrollment_schedule', -- a student joined a course: what is ahead
    'daily_digest', -- what waited for the one mail of the day that the recipient wants
    'registration_confirmed', -- a student got the seat they asked for
    'waitlist_promoted', -- a student who waited got a seat
    'recording_available', -- students can watch what they took part in, or missed
    'session_reminder', -- a session is about to begin
    'attendance_warning', -- a student misses too much: to the student, and to the host
    'weekly_summary', -- what came of a mentor's sessions of a week, for whoever asks for it
    'attendance_summary' -- to the host, after the session
);
comment on type notifier.email_kind is 'What a mail is about; the claim decides it, from what the recipient was told last and the state then.';

-- Mails of one topic to one person about one session follow each other in order, and a waiting one speaks for the later
-- ones.
create type notifier.email_topic as enum (
    'invitation', -- whether, when and how the recipient takes part
    'registration', -- whether a student has a seat
    'reminder', -- that it is about to begin
    'summary', -- what came of it
    'week', -- what came of the sessions of a week
    'warning', -- that somebody misses too much
    'recording' -- that it can be watched
);
comment on type notifier.email_topic is 'What mails are ordered and folded by: those of one topic to one person about one session.';

-- Where a mail stands. queued, claimed, sending and in_doubt are unfinished; the others are final.
create type notifier.email_status as enum (
    'queued', -- waiting until available_at
    'claimed', -- held by a worker, nothing handed over yet
    'sending', -- handed over to a server that has not answered yet
    'in_doubt', -- handed over, answer unknown: waiting to be sent again as it was
    'sent', -- accepted by a server
    'skipped', -- not to be sent; skip_reason says why
    'dead' -- given up; last_error says why
);
comment on type notifier.email_status is 'Where a mail stands: queued, claimed, sending, in_doubt, then sent, skipped or dead for good.';

-- What a worker needs to send one mail; the answer of notifier.claim_emails.
create type notifier.claimed_email as (
    email_id uuid, -- also what Message-ID and idempotency key are made of
    claim_id uuid, -- one per call of claim_emails; proves that the mail is still held
    event_id bigint,
    kind text, -- a notifier.email_kind
    in_doubt boolean, -- an earlier attempt may have got through: send the same again
    attempt integer, -- 1 on the first
    recipient_id uuid,
    address text,
    full_name text,
    timezone text, -- IANA zone to show times in
    locale text,
    recipient_role text, -- host or learner
    sessions integer, -- how many parts it has
    parts text, -- notifier.edition's
    calendars text [], -- iCalendar objects of METHOD REQUEST or CANCEL, addressed to the recipient
    summary jsonb, -- private.attendance_summary or notifier.attendance_warning; null for other kinds
    unsubscribe_token text, -- switches mails of this kind off; null where that cannot be done
    urgent boolean, -- before all that is not
    parcel_id uuid, -- the request in doubt that is to be repeated with it; null: none
    transport text -- in doubt: what it was handed to; null: nobody said, or not in doubt
);
comment on type notifier.claimed_email is 'All that a worker needs to render and send one mail; equal parts read equal.';

-- A mail whose turn has come, and the events that it has to tell of.
create type notifier.untold_email as (
    id uuid,
    event_id bigint,
    session_id uuid,
    recipient_id uuid,
    transaction_id xid8, -- what may go out together; 0: with the mail of the day
    doubt_id uuid, -- of one in doubt: the mail that it was a part of, or itself
    topic notifier.email_topic,
    kind notifier.email_kind, -- as it was queued, or went out last
    urgent boolean,
    parcel_id uuid,
    available_at timestamptz,
    postponed_for text,
    attempt integer, -- 1 on the first
    is_in_doubt boolean,
    is_of_enrollment boolean, -- its event is that somebody came to the audience or left it
    is_doubted boolean, -- what its recipient was told last may not have arrived
    is_told_out boolean, -- what its recipient was told last is that they are out
    from_id bigint, -- the first event to tell of; null: an earlier mail has told of all of them
    through_id bigint -- the newest
);
comment on type notifier.untold_email is 'A mail that is due and the span of events, from_id to through_id, that its recipient has not been told of.';

-- What is to become of a mail whose turn has come.
create type notifier.judged_email as (
    id uuid,
    carrier_id uuid, -- the mail that it is a part of, or itself
    verdict text, -- tell, wait or skip
    skip_reason text, -- null unless it is skipped
    wait_for text, -- quiet_hours or digest
    wait_until timestamptz, -- of all parts the same
    event_id bigint,
    session_id uuid,
    recipient_id uuid,
    topic notifier.email_topic,
    kind notifier.email_kind, -- null: there is nothing to tell
    urgent boolean,
    parcel_id uuid,
    available_at timestamptz,
    attempt integer, -- of all parts the same
    is_in_doubt boolean,
    is_digest boolean,
    is_of_enrollment boolean,
    from_id bigint,
    through_id bigint,
    changes jsonb, -- notifier.session_changes between them
    is_out boolean, -- no longer invited
    is_stranger boolean, -- and no calendar of theirs knows the session
    address text,
    full_name text,
    timezone text,
    locale text,
    role text -- host or learner
);
comment on type notifier.judged_email is 'A mail that is due, and whether it is told, waits or is skipped; with what telling it takes.';

-- What all mails of the same parts say.
create type notifier.edition as (
    email_ids uuid [], -- the carriers of these mails
    kind text, -- of the whole mail: a notifier.email_kind, or what several together are
    optional_kind text, -- what its link unsubscribes from; null: it cannot be
    sessions integer, -- how many parts there are
    -- by start_time: [{"kind": …, "session": notifier.session_details, "changes": {field: {"old": …, "new": …}}}];
    -- text of JSON, which is made once and handed out a thousand times
    parts text,
    calendars text [] -- iCalendar objects of METHOD REQUEST or CANCEL, addressed to nobody yet
);
comment on type notifier.edition is 'The content that mails of equal parts share.';

-- One row per change that somebody is to be told of, written by the change's own transaction. Fanning out to recipients
-- inside that transaction would cost it O(students): 1,044 ms against 0.6 ms at 100,000.
create table notifier.events (
    id bigint generated always as identity,
    session_id uuid not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    old jsonb,
    new jsonb not null,
    student_id uuid,
    recording_id uuid,
    reminder_minutes integer,
    enrollment_position bigint,
    topic notifier.email_topic not null generated always as (
        case
            when recording_id is not null then 'recording'::notifier.email_topic
            when student_id is not null then 'registration'::notifier.email_topic
            when reminder_minutes is not null then 'reminder'::notifier.email_topic
            when new ->> 'status' = 'completed' then 'summary'::notifier.email_topic
            else 'invitation'::notifier.email_topic
        end
    ) stored,
    participants_added uuid[] not null default '{}',
    participants_removed uuid[] not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    through_id bigint,
    cursor uuid,
    merged_into bigint,
    expanded_at timestamptz,
    constraint events_pkey primary key (id),
    constraint events_merged_into_fkey foreign key (merged_into) references notifier.events (id) on delete set null,
    constraint events_merged_into_is_earlier check (merged_into < id),
    constraint events_merged_into_is_expanded check (merged_into is null or expanded_at is not null),
    constraint events_cursor_needs_through_id check (cursor is null or through_id is not null)
)
-- As of notifier.emails: most rows are a record that never changes again.
with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01,
    autovacuum_analyze_threshold = 1000
);
comment on table notifier.events is
    'Changes that somebody is to be told of, and reminders. Ids of one session rise in the order of its changes, because each is written under the session''s row lock; a reminder changes nothing and waits for no lock. Rows outlive the session, so there is no foreign key.';
comment on column notifier.events.id is 'Order of the changes of one session.';
comment on column notifier.events.session_id is 'The session that changed.';
comment on column notifier.events.transaction_id is
    'The transaction that made the change: what it did to one person is told in one mail.';
comment on column notifier.events.old is 'notifier.session_snapshot before the change; null for a new session.';
comment on column notifier.events.new is 'notifier.session_snapshot after the change.';
comment on column notifier.events.student_id is 'The student whose seat it is about; null: it is about the session.';
comment on column notifier.events.recording_id is 'The recording that can be watched; null: it is about something else.';
comment on column notifier.events.reminder_minutes is
    'For a reminder of the session in the state new: how many minutes before its start it is due; else null.';
comment on column notifier.events.enrollment_position is
    'Position of the changes in notifier.enrollment_changes that it tells of: who came to the session''s audience, or left it; else null.';
comment on column notifier.events.topic is
    'Generated: recording for a recording, registration for a student''s seat, reminder, summary for the end of a session, else invitation.';
comment on column notifier.events.participants_added is 'Explicit invitees that came with this change.';
comment on column notifier.events.participants_removed is 'Explicit invitees that left with this change.';
comment on column notifier.events.created_at is 'When the change was made.';
comment on column notifier.events.through_id is
    'Set when expansion starts: the latest event merged into this one; its new state is what recipients are picked by, on every page.';
comment on column notifier.events.cursor is 'Last recipient candidate of the pages expanded so far.';
comment on column notifier.events.merged_into is 'The earlier event that speaks for this one too.';
comment on column notifier.events.expanded_at is 'When its last page was expanded, or when it was merged.';

alter table notifier.events enable row level security;

-- The history of one session: what came after what a recipient was told.
create index events_session_id_idx on notifier.events (session_id, id);
-- The same without events about one student's seat, of which a session may have thousands. Sorted by topic as no other
-- index is, so that a query with `order by topic` can use this one only.
create index events_of_all_idx on notifier.events (session_id, topic, id) where student_id is null;
-- What is still to be expanded: empty most of the time. expanded_at is null in every entry. It leads so that queries
-- can ask for the order by expanded_at and id: for an order by id alone the planner could choose the primary key, and
-- read all events.
create index events_unexpanded_idx on notifier.events (expanded_at, id) where expanded_at is null;
create index events_unexpanded_session_id_idx on notifier.events (session_id, id) where expanded_at is null;
-- The other sessions that the same transaction changed.
create index events_unexpanded_transaction_id_idx on notifier.events (transaction_id, id)
where expanded_at is null and topic = 'invitation';
-- What concerns one student's seat: hardly any.
create index events_student_id_idx on notifier.events (student_id) where student_id is not null;
create index events_merged_into_idx on notifier.events (merged_into) where merged_into is not null;

-- One row per recipient and event: the queue, and afterwards the record of what was sent to whom. No address is stored,
-- no text either: what a mail says is decided by the claim, from the events told_from to told_through.
--
-- What one transaction did to a person goes out as one mail: the claim makes one of the rows its carrier and the others
-- carried by it. From then on they share the carrier's fate. Whoever changes the status of a carrier has locked it, and
-- carried rows are locked under their carrier's lock only, so that nobody ever waits for one.
create table notifier.emails (
    id uuid not null default gen_random_uuid(),
    event_id bigint not null,
    transaction_id xid8,
    session_id uuid not null,
    recipient_id uuid not null,
    kind notifier.email_kind not null,
    topic notifier.email_topic not null generated always as (
        case
            when kind = 'session_reminder' then 'reminder'::notifier.email_topic
            when kind = 'weekly_summary' then 'week'::notifier.email_topic
            when kind = 'attendance_warning' then 'warning'::notifier.email_topic
            when kind = 'attendance_summary' then 'summary'::notifier.email_topic
            when kind = 'recording_available' then 'recording'::notifier.email_topic
            when kind in ('registration_confirmed', 'waitlist_promoted') then 'registration'::notifier.email_topic
            else 'invitation'::notifier.email_topic
        end
    ) stored,
    status notifier.email_status not null default 'queued',
    urgent boolean not null default false,
    attempts integer not null default 0,
    available_at timestamptz not null default clock_timestamp(),
    turn_scope text,
    postponed_for text,
    claim_id uuid,
    claimed_by text,
    lease_until timestamptz,
    carried_by uuid,
    parcel_id uuid,
    told_from bigint,
    told_through bigint,
    in_doubt_at timestamptz,
    sent_at timestamptz,
    transport text,
    skip_reason text,
    last_error text,
    created_at timestamptz not null default clock_timestamp(),
    constraint emails_pkey primary key (id),
    constraint emails_event_id_recipient_id_topic_key unique (event_id, recipient_id, topic),
    constraint emails_event_id_fkey foreign key (event_id) references notifier.events (id),
    constraint emails_carried_by_fkey foreign key (carried_by) references notifier.emails (id) on delete set null,
    constraint emails_attempts_not_negative check (attempts >= 0),
    constraint emails_turn_scope_known check (turn_scope in ('domain', 'all')),
    constraint emails_claim_while_held check (
        status not in ('claimed', 'sending') or (claim_id is not null and num_nonnulls(lease_until, carried_by) = 1)
    ),
    constraint emails_lease_only_while_held check (lease_until is null or status in ('claimed', 'sending')),
    constraint emails_postponed_for_known check (
        postponed_for in (
            'quiet_hours', -- of the recipient
            'digest' -- the recipient's mail of the day
        )
    ),
    constraint emails_carried_by_while_told check (carried_by is null or status not in ('queued', 'skipped')),
    constraint emails_parcel_id_while_told check (parcel_id is null or (carried_by is null and status <> 'queued')),
    constraint emails_in_doubt_at_while_in_doubt check (status <> 'in_doubt' or in_doubt_at is not null),
    constraint emails_sent_at_when_sent check ((status = 'sent') = (sent_at is not null)),
    constraint emails_skip_reason_when_skipped check ((status = 'skipped') = (skip_reason is not null)),
    constraint emails_skip_reason_known check (
        skip_reason in (
            'superseded', -- an earlier waiting mail says it all
            'already_told', -- an earlier mail went out so late that it said it all
            'cancelled_before_told', -- the session was called off before the recipient had heard of it, or was reminded
            'not_invited', -- no longer in the audience, or access has ended, or that to a recording
            'not_registered', -- the seat was given up before the student was told of it
            'nothing_changed', -- changed there and back
            'session_over', -- too late
            'session_moved', -- a reminder of a start that is none any more
            'too_late', -- a reminder that has lost its use
            'told_just_now', -- a reminder of what the recipient is only being told of, or was minutes ago
            'switched_off', -- the recipient does not want this kind
            'no_address', -- the user has no address, or is gone
            'suppressed', -- mail to the address bounced, or was complained of; notifier.suppressions
            'discarded' -- an operator gave it up
        )
    )
)
-- A mail's row is written four times within seconds, and most of these rows are a record that never changes again:
-- vacuum by what has just died rather than by a fifth of the record.
with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.01,
    autovacuum_analyze_threshold = 5000
);
comment on table notifier.emails is
    'One row per recipient and event: the queue, and afterwards the record of what was sent to whom. Holds user ids, never addresses or texts. Rows outlive session and user, so there are no foreign keys to them.';
comment on column notifier.emails.id is 'The mail; its Message-ID and idempotency key are made of it.';
comment on column notifier.emails.event_id is 'The change it tells of; the first of several that are told together.';
comment on column notifier.emails.transaction_id is
    'The transaction that made the change, where it changed several sessions: what may go out as one mail; 0: what waits for the recipient''s mail of the day. Else null.';
comment on column notifier.emails.session_id is 'The session.';
comment on column notifier.emails.recipient_id is 'The user it goes to.';
comment on column notifier.emails.kind is
    'What it is about: presumed at expansion, decided at the claim; for a row of several in one mail, what that part is about.';
comment on column notifier.emails.topic is 'Generated from kind: what mails are ordered and folded by.';
comment on column notifier.emails.status is 'Where it stands.';
comment on column notifier.emails.urgent is 'Whether it is claimed before all that is not, however long that has waited.';
comment on column notifier.emails.attempts is 'Claims so far, those given back not counted.';
comment on column notifier.emails.available_at is 'Not to be claimed earlier.';
comment on column notifier.emails.postponed_for is
    'What it was last put off for by the recipient''s wish, until available_at: quiet_hours or digest; null: nothing.';
comment on column notifier.emails.turn_scope is
    'Under which of notifier.send_limits it has its turn, at available_at: domain, or all; null until it had to wait for one, and once it is begun.';
comment on column notifier.emails.claim_id is 'The claim that holds or last held it; a worker acts on rows of its own claim only.';
comment on column notifier.emails.claimed_by is 'Name of the worker that holds or last held it.';
comment on column notifier.emails.lease_until is
    'Until when it is held; afterwards others may take over. Null for carried rows.';
comment on column notifier.emails.carried_by is
    'The row in whose mail this one goes out, and whose status it shares; null: in its own.';
comment on column notifier.emails.parcel_id is
    'The request in which it was handed over with others, and which is repeated as a whole while it is in doubt; null: it was handed over by itself.';
comment on column notifier.emails.told_from is 'First event it tells of, set by the claim: what was known before it is that event''s old state.';
comment on column notifier.emails.told_through is 'Last event it tells of, set by the claim: what it says is that event''s new state.';
comment on column notifier.emails.in_doubt_at is 'When an attempt of unknown outcome was noticed; from then on the mail is only sent again as it was.';
comment on column notifier.emails.sent_at is 'When its acceptance was recorded.';
comment on column notifier.emails.transport is 'The transport that it was handed to last; of one that was sent: that accepted it.';
comment on column notifier.emails.skip_reason is 'Why it was not sent.';
comment on column notifier.emails.last_error is 'What the last failed attempt met, without addresses.';
comment on column notifier.emails.created_at is 'When it was queued.';

alter table notifier.emails enable row level security;

-- The claim's order, the urgent by itself. Holds what waits, nothing else.
create index emails_waiting_idx on notifier.emails (urgent, available_at, event_id)
where status in ('queued', 'in_doubt') and carried_by is null;
-- What workers hold; a mail whose lease has run out is taken over.
create index emails_held_idx on notifier.emails (lease_until)
where status in ('claimed', 'sending') and carried_by is null;
-- What one transaction made for one person, which may go out as one mail.
create index emails_bundle_idx on notifier.emails (transaction_id, recipient_id, event_id)
where status = 'queued' and transaction_id is not null;
-- What was given up, for operators to look at: empty most of the time.
create index emails_dead_idx on notifier.emails (created_at) where status = 'dead' and carried_by is null;
-- What was handed over in one request and is not settled yet.
create index emails_parcel_idx on notifier.emails (parcel_id)
where status in ('claimed', 'sending', 'in_doubt') and parcel_id is not null;
create index emails_carried_by_idx on notifier.emails (carried_by) where carried_by is not null;
-- Unfinished mails of one person, session and topic: order and folding.
create index emails_unfinished_idx on notifier.emails (session_id, recipient_id, topic, event_id)
where status in ('queued', 'claimed', 'sending', 'in_doubt');
-- The settled mails of a person, in all or about one session; those that are not settled are in the index above. A row
-- is written four times until it is settled, and this index only once.
create index emails_settled_idx on notifier.emails (recipient_id, session_id)
where status in ('sent', 'skipped', 'dead');
-- Mails that told of a later event than their own, because it had already happened when they went out. They are rare;
-- by them the claim knows that the later event has been told.
create index emails_told_ahead_idx on notifier.emails (session_id, recipient_id, topic, told_through)
where told_through > event_id;

-- Who was sent the report of which days: what keeps a second run from sending it again.
create table notifier.report_mails (
    id uuid not null default gen_random_uuid(),
    recipient_id uuid not null,
    first_day date not null,
    last_day date not null,
    claim_id uuid not null,
    held_until timestamptz not null,
    sent_at timestamptz,
    refused_at timestamptz,
    last_error text,
    constraint report_mails_pkey primary key (id),
    constraint report_mails_recipient_id_first_day_last_day_key unique (recipient_id, first_day, last_day),
    constraint report_mails_sent_or_refused check (num_nonnulls(sent_at, refused_at) < 2)
);
comment on table notifier.report_mails is
    'Reports that were mailed, one row per recipient and days. Holds user ids, never addresses; rows outlive the user, so there is no foreign key.';
comment on column notifier.report_mails.id is 'The mail; its Message-ID and idempotency key are made of it, at every attempt the same.';
comment on column notifier.report_mails.recipient_id is 'The user it goes to.';
comment on column notifier.report_mails.first_day is 'First day of the report.';
comment on column notifier.report_mails.last_day is 'Last day of the report.';
comment on column notifier.report_mails.claim_id is 'The claim that holds or last held it; only that one records a failure.';
comment on column notifier.report_mails.held_until is 'Until when whoever claimed it last may be sending it.';
comment on column notifier.report_mails.sent_at is 'When its acceptance was recorded; null: not yet.';
comment on column notifier.report_mails.refused_at is 'When it was refused for good: it is tried again by hand only.';
comment on column notifier.report_mails.last_error is 'What the last failed attempt met, without addresses.';

alter table notifier.report_mails enable row level security;

-- Whether a commit must wake the notifier. NOTIFY takes a database-wide lock at commit: with 16 writers, throughput
-- fell from 10,600 to 2,400 transactions a second when each sent one, and stayed three times higher when only those
-- sent one that found the notifier asleep.
create table notifier.gate (
    id boolean not null default true,
    awake_until timestamptz not null default '-infinity',
    constraint gate_pkey primary key (id),
    constraint gate_one_row check (id)
);
comment on table notifier.gate is 'One row: until when some notifier promises to look for work without being told.';
comment on column notifier.gate.id is 'Always true: the one row.';
comment on column notifier.gate.awake_until is 'Commits before this send no NOTIFY; in the past when every notifier sleeps.';

alter table notifier.gate enable row level security;

insert into notifier.gate default values;

-- Addresses that no mail is sent to: they bounced for good, their owner complained, or an operator said so. Writing to
-- them all the same costs the sender's reputation, and so everybody's mail.
--
-- No address is stored, only its SHA-256: enough to find out whether an address at hand is here, and what a copy of the
-- table gives away is no list of people. It is no secret either: who has an address can compute it.
create table notifier.suppressions (
    address_hash bytea not null,
    reason text not null,
    strikes integer not null default 0,
    last_strike_at timestamptz,
    suppressed_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    constraint suppressions_pkey primary key (address_hash),
    constraint suppressions_address_hash_sha256 check (octet_length(address_hash) = 32),
    constraint suppressions_reason_known check (
        reason in (
            'bounced', -- the recipient's server refused it for good, the provider says
            'complained', -- the recipient called it spam
            'refused', -- our mail server answered several times that there is no such mailbox
            'operator' -- somebody said so
        )
    ),
    constraint suppressions_strikes_not_negative check (strikes >= 0),
    constraint suppressions_strikes_are_dated check ((strikes = 0) = (last_strike_at is null)),
    constraint suppressions_known_for_something check (suppressed_at is not null or strikes > 0)
);
comment on table notifier.suppressions is
    'Addresses, by their hash, that no mail is sent to, and those on their way there. Every claim looks here.';
comment on column notifier.suppressions.address_hash is 'notifier.address_hash of the address.';
comment on column notifier.suppressions.reason is 'bounced, complained, refused or operator.';
comment on column notifier.suppressions.strikes is
    'How many mails in a row, each within 90 days of the one before, were answered with "no such mailbox".';
comment on column notifier.suppressions.last_strike_at is 'When the last of these was; null without any.';
comment on column notifier.suppressions.suppressed_at is 'Since when nothing is sent to it; null: there are strikes, not yet enough.';
comment on column notifier.suppressions.created_at is 'When it was first heard of.';

alter table notifier.suppressions enable row level security;

-- How many mails a minute may go to a mail domain, or out altogether: what all workers share stands where all look. A
-- limit hands out turns evenly; a mail whose turn is later goes back to the queue until then, once, and is decided anew
-- when it comes. Empty unless an operator sets one.
create table notifier.send_limits (
    domain text not null,
    per_minute integer not null,
    next_turn_at timestamptz not null default clock_timestamp(),
    constraint send_limits_pkey primary key (domain),
    constraint send_limits_domain_lower_case check (domain = '*' or domain ~ '^[a-z0-9.\-]{1,253}$'),
    constraint send_limits_per_minute_positive check (per_minute between 1 and 1000000)
);
comment on table notifier.send_limits is
    'Mails a minute to a domain, and in all (*), over all workers. Urgent mail counts and is not held back.';
comment on column notifier.send_limits.domain is 'What follows the @, in lower case ASCII; * for all mail.';
comment on column notifier.send_limits.per_minute is 'Mails a minute.';
comment on column notifier.send_limits.next_turn_at is 'When the next mail may go; those before have their turns.';

alter table notifier.send_limits enable row level security;

-- What a provider tells of mails after it has accepted them: delivered, bounced, complained of. Its own id of the event
-- is the key, so that hearing it twice changes nothing.
create table notifier.mail_events (
    id text not null,
    email_id uuid,
    kind text not null,
    occurred_at timestamptz not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint mail_events_pkey primary key (id),
    constraint mail_events_kind_known check (
        kind in (
            'delivered', -- the recipient's server took it
            'delayed', -- it has not yet, and is tried again
            'bounced', -- it refused for good
            'soft_bounced', -- it refused for now: a full mailbox, a message too large
            'complained', -- the recipient called it spam
            'failed' -- the provider could not send it
        )
    )
);
comment on table notifier.mail_events is
    'What a provider told of mails it had accepted. Holds no address. Rows outlive the mail, so there is no foreign key.';
comment on column notifier.mail_events.id is 'The provider''s id of the event.';
comment on column notifier.mail_events.email_id is 'The mail; null when the provider did not say.';
comment on column notifier.mail_events.kind is 'delivered, delayed, bounced, soft_bounced, complained or failed.';
comment on column notifier.mail_events.occurred_at is 'When it happened, by the provider''s clock.';
comment on column notifier.mail_events.created_at is 'When it was recorded.';

alter table notifier.mail_events enable row level security;

create index mail_events_email_id_idx on notifier.mail_events (email_id) where email_id is not null;
create index mail_events_created_at_idx on notifier.mail_events (created_at);

-- What a worker needs to send one webhook; the answer of notifier.claim_webhooks.
create type notifier.claimed_webhook as (
    delivery_id uuid,
    claim_id uuid,
    endpoint_id uuid,
    url text,
    event_type text,
    body text, -- signed and sent byte by byte as it is
    secrets text [], -- sign with each; the second only for a while after a rotation
    attempt integer
);
comment on type notifier.claimed_webhook is 'All that a worker needs to send one webhook.';

-- One row per endpoint and event: the queue of outgoing webhooks, and afterwards their record. Delivered at least once:
-- the row's id is the webhook-id that receivers know a repetition by.
--
-- A row that a worker holds is due again at the end of its lease, so taking over needs no second look.
create table notifier.webhook_deliveries (
    id uuid not null default gen_random_uuid(),
    endpoint_id uuid not null,
    event_type text not null,
    source text not null,
    payload jsonb not null,
    status text not null default 'queued',
    attempts integer not null default 0,
    available_at timestamptz not null default clock_timestamp(),
    claim_id uuid,
    claimed_by text,
    sent_at timestamptz,
    response_status integer,
    last_error text,
    created_at timestamptz not null default clock_timestamp(),
    constraint webhook_deliveries_pkey primary key (id),
    constraint webhook_deliveries_endpoint_id_event_type_source_key unique (endpoint_id, event_type, source),
    constraint webhook_deliveries_endpoint_id_fkey
    foreign key (endpoint_id) references public.webhook_endpoints (id) on delete cascade,
    constraint webhook_deliveries_status_known check (
        status in (
            'queued', -- waiting until available_at
            'claimed', -- a worker has it until available_at
            'sent', -- answered with 2xx
            'dead' -- given up; last_error says why
        )
    ),
    constraint webhook_deliveries_claim_while_held check (status <> 'claimed' or claim_id is not null),
    constraint webhook_deliveries_sent_at_when_sent check ((status = 'sent') = (sent_at is not null)),
    constraint webhook_deliveries_attempts_not_negative check (attempts >= 0)
)
with (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01,
    autovacuum_analyze_threshold = 1000
);
comment on table notifier.webhook_deliveries is
    'Outgoing webhooks, one row per endpoint and event: queue and record. Payloads hold ids, never names, addresses or links.';
comment on column notifier.webhook_deliveries.id is 'The delivery: the header webhook-id, the same at every attempt.';
comment on column notifier.webhook_deliveries.endpoint_id is 'Where it goes.';
comment on column notifier.webhook_deliveries.event_type is 'What happened.';
comment on column notifier.webhook_deliveries.source is 'What made it: the outbox event or the recording; once per endpoint.';
comment on column notifier.webhook_deliveries.payload is 'The body: type, timestamp and data.';
comment on column notifier.webhook_deliveries.status is 'queued, claimed, sent or dead.';
comment on column notifier.webhook_deliveries.attempts is 'Claims so far.';
comment on column notifier.webhook_deliveries.available_at is 'Not to be claimed earlier; for a claimed one, the end of its lease.';
comment on column notifier.webhook_deliveries.claim_id is 'The claim that holds or last held it.';
comment on column notifier.webhook_deliveries.claimed_by is 'Name of the worker that holds or last held it.';
comment on column notifier.webhook_deliveries.sent_at is 'When a 2xx was recorded.';
comment on column notifier.webhook_deliveries.response_status is 'HTTP status of the last answer; null without one.';
comment on column notifier.webhook_deliveries.last_error is 'What the last failed attempt met.';
comment on column notifier.webhook_deliveries.created_at is 'When it was queued.';

alter table notifier.webhook_deliveries enable row level security;

create index webhook_deliveries_due_idx on notifier.webhook_deliveries (available_at, id)
where status in ('queued', 'claimed');
create index webhook_deliveries_held_idx on notifier.webhook_deliveries (endpoint_id) where status = 'claimed';
create index webhook_deliveries_endpoint_id_created_at_idx on notifier.webhook_deliveries (endpoint_id, created_at);
create index webhook_deliveries_created_at_idx on notifier.webhook_deliveries (created_at);

-- Queues a webhook for every endpoint that wants to hear of it. Doing it twice adds nothing (unique key).
create function notifier.queue_webhooks(
    event_type text,
    source text,
    data jsonb,
    happened_at timestamptz,
    send_at timestamptz default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into notifier.webhook_deliveries (endpoint_id, event_type, source, payload, available_at)
    select
        endpoint.id,
        queue_webhooks.event_type,
        queue_webhooks.source,
        jsonb_build_object(
            'type', queue_webhooks.event_type,
            'timestamp', to_char(happened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'data', jsonb_strip_nulls(queue_webhooks.data)
        ),
        greatest(clock_timestamp(), send_at)
    from public.webhook_endpoints as endpoint
    where endpoint.is_active and queue_webhooks.event_type = any(endpoint.event_types)
    order by endpoint.id
    on conflict do nothing;
end
$$;
comment on function notifier.queue_webhooks(text, text, jsonb, timestamptz, timestamptz) is
    'Queues a webhook for each active endpoint with this event type, not to be sent before send_at (null: at once).';
revoke execute on function notifier.queue_webhooks(text, text, jsonb, timestamptz, timestamptz) from public;

-- How far reminders have got. A reminder is due so many minutes before the start, and sessions come due in the order of
-- their starts. So one mark for each number of minutes is enough: the start up to which reminders are written. Sessions
-- store nothing of their own, and nothing is recomputed when one moves. A session whose start the mark has passed is
-- reminded again only if it moves to a start that the mark has not reached yet.
create table notifier.reminder_clock (
    minutes integer not null,
    by_people boolean not null default false,
    reached timestamptz,
    constraint reminder_clock_pkey primary key (minutes)
);
comment on table notifier.reminder_clock is
    'One row for each number of minutes of private.reminder_choices(): up to which start sessions were reminded of that long before.';
comment on column notifier.reminder_clock.minutes is 'Minutes before the start.';
comment on column notifier.reminder_clock.by_people is 'Whether some person ever had them as their own.';
comment on column notifier.reminder_clock.reached is
    'Sessions that start until then are dealt with; null: nobody has ever chosen to be reminded so long before.';

alter table notifier.reminder_clock enable row level security;

insert into notifier.reminder_clock (minutes, reached)
select
    choice,
    case when choice = any(settings.reminder_minutes) then clock_timestamp() + make_interval(mins => choice) end
from unnest(private.reminder_choices()) as choice
cross join public.app_settings as settings;

-- When the record is gone through next for what has been kept long enough, and how far a pass has got.
create table notifier.purge_clock (
    id boolean not null default true,
    due_at timestamptz not null default clock_timestamp(),
    reached bigint,
    constraint purge_clock_pkey primary key (id),
    constraint purge_clock_one_row check (id)
);
comment on table notifier.purge_clock is
    'One row: when notifier.purge_by_clock forgets the next batch of what app_settings.outbox_retention_months leaves out.';
comment on column notifier.purge_clock.id is 'Always true: the one row.';
comment on column notifier.purge_clock.due_at is 'Not to be called earlier: a second after a batch that leaves more, a day after a pass.';
comment on column notifier.purge_clock.reached is 'The last event that the pass under way has looked at; null: none is under way.';

alter table notifier.purge_clock enable row level security;

insert into notifier.purge_clock default values;

-- Who joined or left an audience, one row per enrollment that a statement changed: the outbox's record of enrollments,
-- as the events are of sessions. Its expansion writes one event for each session concerned, whatever the number of
-- students, and gives the changes a position among these events. So it is known of everybody whether they were in a
-- session's audience before and after any event.
create table notifier.enrollment_changes (
    id bigint generated always as identity,
    student_id uuid not null,
    course_id uuid not null,
    old_batch_id uuid,
    was_active boolean not null,
    new_batch_id uuid,
    is_active boolean not null,
    wakes boolean not null default false,
    position bigint,
    created_at timestamptz not null default clock_timestamp(),
    constraint enrollment_changes_pkey primary key (id)
);
comment on table notifier.enrollment_changes is
    'Enrollments that became active, ended or changed the batch. Rows outlive student and course, so there are no foreign keys.';
comment on column notifier.enrollment_changes.id is 'Order of the changes of one enrollment.';
comment on column notifier.enrollment_changes.student_id is 'The student.';
comment on column notifier.enrollment_changes.course_id is 'The course.';
comment on column notifier.enrollment_changes.old_batch_id is 'The batch before; null: unbatched, or not enrolled.';
comment on column notifier.enrollment_changes.was_active is 'Whether the enrollment was active before.';
comment on column notifier.enrollment_changes.new_batch_id is 'The batch after; null: unbatched, or no longer enrolled.';
comment on column notifier.enrollment_changes.is_active is 'Whether the enrollment is active after.';
comment on column notifier.enrollment_changes.wakes is 'True for one row of each statement: the one that wakes the notifier.';
comment on column notifier.enrollment_changes.position is
    'Where it stands among notifier.events.id: events that are later know of it, and those with this enrollment_position tell of it. Null: not expanded yet.';
comment on column notifier.enrollment_changes.created_at is 'When it was made.';

alter table notifier.enrollment_changes enable row level security;

-- What is still to be expanded, the oldest first, and with it what else concerns the same course.
create index enrollment_changes_waiting_idx on notifier.enrollment_changes (id) where position is null;
create index enrollment_changes_waiting_course_idx on notifier.enrollment_changes (course_id, id)
where position is null;
-- Whom an event has to tell, in pages.
create index enrollment_changes_position_idx on notifier.enrollment_changes (position, student_id);
-- What somebody was before.
create index enrollment_changes_student_idx on notifier.enrollment_changes (student_id, course_id, id);

-- Who was warned after which session, so that nobody is warned more often than the platform wants.
create table notifier.attendance_warnings (
    student_id uuid not null,
    course_id uuid not null,
    session_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint attendance_warnings_pkey primary key (student_id, course_id, session_id)
);
comment on table notifier.attendance_warnings is
    'Warnings of low attendance, one row per student and session after which there was one. Rows outlive students and sessions, so there are no foreign keys.';
comment on column notifier.attendance_warnings.student_id is 'The student.';
comment on column notifier.attendance_warnings.course_id is 'The course.';
comment on column notifier.attendance_warnings.session_id is 'The session that they missed.';
comment on column notifier.attendance_warnings.created_at is 'When it was decided.';

alter table notifier.attendance_warnings enable row level security;

create index attendance_warnings_session_id_idx on notifier.attendance_warnings (session_id);

-- == Calendar objects ================================================================================================

-- Text values of RFC 5545, section 3.3.11: backslash, semicolon, comma and line break are escaped. Other control
-- characters are not allowed anywhere in an iCalendar object and are left out.
create function private.ical_text(value text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return regexp_replace(
        regexp_replace(
            regexp_replace(value, '([\\;,])', '\\\1', 'g'),
            '\r\n|\r|\n', '\\n', 'g'
        ),
        '[\x01-\x08\x0b-\x1f\x7f]', '', 'g'
    );
end
$$;
comment on function private.ical_text(text) is 'The value escaped as an iCalendar TEXT (RFC 5545, section 3.3.11).';
revoke execute on function private.ical_text(text) from public;

-- Quoted parameter values of RFC 5545, section 3.2, cannot hold a double quote or a line break. RFC 6868 has an
-- encoding for both.
create function private.ical_quoted(value text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return '"' || regexp_replace(
        replace(replace(regexp_replace(value, '\r\n|\r|\n', ' ', 'g'), '^', '^^'), '"', '^'''),
        '[\x01-\x08\x0b-\x1f\x7f]', '', 'g'
    ) || '"';
end
$$;
comment on function private.ical_quoted(text) is
    'The value as a quoted iCalendar parameter value (RFC 5545, section 3.2; RFC 6868); line breaks become spaces.';
revoke execute on function private.ical_quoted(text) from public;

-- DATE-TIME in UTC, RFC 5545, section 3.3.5, form 2: needs no VTIMEZONE.
create function private.ical_utc(instant timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return to_char(instant at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"');
end
$$;
comment on function private.ical_utc(timestamptz) is 'The instant as an iCalendar DATE-TIME in UTC (RFC 5545, section 3.3.5).';
revoke execute on function private.ical_utc(timestamptz) from public;

-- Lines are at most 75 octets, the space that marks a continuation included (RFC 5545, section 3.1). A character of
-- several octets is never cut, though the RFC would allow it: programs that unfold after decoding would read garbage.
create function private.ical_fold(line text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_octets bytea;
    v_start integer := 1;
    v_length integer := 75;
    v_folded text := '';
begin
    if octet_length(line) <= 75 then
        return line;
    end if;
    v_octets := convert_to(line, 'UTF8');
    while v_start + v_length <= octet_length(v_octets) loop
        -- The octet after the cut must not continue a character: 10xxxxxx.
        while get_byte(v_octets, v_start + v_length - 1) & 192 = 128 loop
            v_length := v_length - 1;
        end loop;
        v_folded := v_folded || convert_from(substring(v_octets from v_start for v_length), 'UTF8') || E'\r\n ';
        v_start := v_start + v_length;
        v_length := 74;
    end loop;
    return v_folded || convert_from(substring(v_octets from v_start), 'UTF8');
end
$$;
comment on function private.ical_fold(text) is
    'The content line folded to at most 75 octets per line (RFC 5545, section 3.1), without cutting a character; no line break at the end.';
revoke execute on function private.ical_fold(text) from public;

-- UTC-OFFSET of RFC 5545, section 3.3.14; seconds only where there are any.
create function private.ical_offset(utc_offset interval)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case when utc_offset < interval '0' then '-' else '+' end
    || to_char(
        greatest(utc_offset, -utc_offset),
        case when extract(second from utc_offset) = 0 then 'HH24MI' else 'HH24MISS' end
    );
end
$$;
comment on function private.ical_offset(interval) is
    'The offset from UTC, east positive, as an iCalendar UTC-OFFSET (RFC 5545, section 3.3.14).';
revoke execute on function private.ical_offset(interval) from public;

-- Postgres does not show its zone data, only what its clocks show: the offset is looked at once a day, and each change
-- is narrowed down to the second. Since 2000 no zone has changed its offset and changed it back within a day.
create function private.timezone_changes(timezone text, from_time timestamptz, to_time timestamptz)
returns table (changes_at timestamptz, offset_before interval, offset_after interval)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before timestamptz;
    v_middle timestamptz;
    v_offset interval;
begin
    for v_before, changes_at, offset_before, offset_after in
        select
            looked.previous_at,
            looked.seen_at,
            looked.previous_offset,
            looked.seen_offset
        from (
            select
                seen.seen_at,
                seen.seen_offset,
                lag(seen.seen_at) over (order by seen.seen_at) as previous_at,
                lag(seen.seen_offset) over (order by seen.seen_at) as previous_offset
            from (
                select
                    moment.at as seen_at,
                    moment.at at time zone timezone - moment.at at time zone 'UTC' as seen_offset
                from (
                    select date_trunc('second', from_time) + step * interval '24 hours' as at
                    from generate_series(0, ceil(extract(epoch from to_time - from_time) / 86400)::integer) as step
                ) as moment
            ) as seen
        ) as looked
        where looked.seen_offset <> looked.previous_offset
        order by looked.seen_at
    loop
        while changes_at - v_before > interval '1 second' loop
            v_middle := v_before + date_trunc('second', (changes_at - v_before) / 2);
            v_offset := v_middle at time zone timezone - v_middle at time zone 'UTC';
            if v_offset = offset_before then
                v_before := v_middle;
            else
                changes_at := v_middle;
            end if;
        end loop;
        return next;
    end loop;
end
$$;
comment on function private.timezone_changes(text, timestamptz, timestamptz) is
    'When the zone''s offset from UTC changes between the two instants, in order: the first instant of the new offset, and both offsets.';
revoke execute on function private.timezone_changes(text, timestamptz, timestamptz) from public;

-- A VTIMEZONE from Postgres' own zone data. Where clocks change every year by the same rule, it is the classical pair
-- of a STANDARD and a DAYLIGHT with a yearly RRULE, which is all that Outlook makes use of. Any other zone (Morocco's
-- Ramadan, Chile's "first Sunday after the 1st", a change of law in the span) has one observance per change, without
-- RDATE, at which some programs stumble; that is exact for the span and says nothing beyond it. A rule is only written
-- where it gives exactly the changes of the span and of the years around it. No TZNAME: it is optional, and Postgres
-- shows the abbreviations of the connection's zone alone.
create function private.ical_timezone(timezone text, from_time timestamptz, to_time timestamptz)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_local_format constant text := 'YYYYMMDD"T"HH24MISS';
    -- Enough to tell the fourth Sunday from the last one.
    c_years_after constant interval := interval '6 years';
    v_first_day timestamp := date_trunc('year', from_time at time zone 'UTC') - interval '1 year';
    v_from timestamptz := v_first_day at time zone 'UTC';
    v_to timestamptz := (date_trunc('year', to_time at time zone 'UTC') + c_years_after) at time zone 'UTC';
    v_first_offset interval := v_from at time zone timezone - v_from at time zone 'UTC';
    v_years integer := extract(year from v_to at time zone 'UTC') - extract(year from v_first_day);
    v_observances text;
begin
    -- Onset in the local time of before (RFC 5545, section 3.6.5), and which weekday of its month that is.
    with
    change as (
        select
            found.offset_before,
            found.offset_after,
            found.changes_at at time zone 'UTC' + found.offset_before as onset
        from private.timezone_changes(timezone, v_from, v_to) as found
    ),
    described as (
        select
            change.*,
            extract(month from change.onset)::integer as month,
            (array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'])[extract(isodow from change.onset)] as weekday,
            (extract(day from change.onset)::integer + 6) / 7 as ordinal,
            extract(month from change.onset + interval '7 days') <> extract(month from change.onset) as is_last
        from change
    ),
    grouped as (
        select
            described.offset_before,
            described.offset_after,
            min(described.onset) as onset,
            case
                when count(distinct extract(year from described.onset)) = v_years
                    and count(distinct (described.month, described.weekday, described.onset::time)) = 1
                    then case
                        when bool_and(described.is_last) then '-1' || min(described.weekday)
                        when count(distinct described.ordinal) = 1 then min(described.ordinal) || min(described.weekday)
                    end
            end as by_day,
            min(described.month) as month
        from described
        group by described.offset_before, described.offset_after
    ),
    observance as (
        select
            grouped.offset_before,
            grouped.offset_after,
            grouped.onset,
            format('FREQ=YEARLY;BYMONTH=%s;BYDAY=%s', grouped.month, grouped.by_day) as rule
        from grouped
        where (select count(*) = 2 and bool_and(whole.by_day is not null) from grouped as whole)
        union all
        select
            described.offset_before,
            described.offset_after,
            described.onset,
            null
        from described
        where
            (select bool_or(whole.by_day is null) or count(*) <> 2 from grouped as whole)
            -- Changes after the span are left out.
            and described.onset < to_time at time zone 'UTC' + interval '2 days'
        union all
        -- What holds before the first change.
        select
            v_first_offset,
            v_first_offset,
            timestamp '1970-01-01 00:00',
            null
        where (select count(*) <> 2 or bool_or(whole.by_day is null) from grouped as whole)
    )
    select
        string_agg(
            format(
                E'BEGIN:%1$s\r\nDTSTART:%2$s\r\n%3$sTZOFFSETFROM:%4$s\r\nTZOFFSETTO:%5$s\r\nEND:%1$s\r\n',
                case when observance.offset_after > observance.offset_before then 'DAYLIGHT' else 'STANDARD' end,
                to_char(observance.onset, c_local_format),
                'RRULE:' || observance.rule || E'\r\n',
                private.ical_offset(observance.offset_before),
                private.ical_offset(observance.offset_after)
            ),
            '' order by observance.onset
        )
    into v_observances
    from observance;
    return E'BEGIN:VTIMEZONE\r\n' || private.ical_fold('TZID:' || timezone) || E'\r\n'
        || v_observances || E'END:VTIMEZONE\r\n';
end
$$;
comment on function private.ical_timezone(text, timestamptz, timestamptz) is
    'VTIMEZONE (RFC 5545, section 3.6.5) of an IANA zone, right for the instants between the two; CRLF line ends, one at the end too.';
revoke execute on function private.ical_timezone(text, timestamptz, timestamptz) from public;

-- ORGANIZER and ATTENDEE lines. A CN is left out when the name is empty.
create function private.ical_address(property text, address text, name text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return property
        || coalesce(';CN=' || private.ical_quoted(nullif(btrim(name), '')), '')
        || ':mailto:' || translate(address, E' \t\r\n', '');
end
$$;
comment on function private.ical_address(text, text, text) is
    'A calendar user line (RFC 5545, sections 3.8.4.1 and 3.8.4.3): property with its parameters, name as CN, address; not yet folded.';
revoke execute on function private.ical_address(text, text, text) from public;

-- Addresses a calendar object to one attendee. Apart from making it, because the same object goes to thousands. Nobody
-- reads replies, so none is asked for.
create function private.calendar_for(calendar text, attendee_address text, attendee_name text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- No text of a session can look like this line: line breaks in texts are escaped, and folded lines begin with a
    -- space.
    return replace(
        calendar,
        E'\r\nEND:VEVENT\r\n',
        E'\r\n' || private.ical_fold(
            private.ical_address(
                'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE', attendee_address, attendee_name
            )
        ) || E'\r\nEND:VEVENT\r\n'
    );
end
$$;
comment on function private.calendar_for(text, text, text) is
    'The calendar object of private.sessions_calendar with this attendee added.';
revoke execute on function private.calendar_for(text, text, text) from public;

-- DTSTART, DTEND and RECURRENCE-ID of a date of a series are local times with their zone, as the rule they come from
-- is. The second of two equal local times, when the clock is put back, can only be said in UTC: a local time means the
-- first of them (RFC 5545, section 3.3.5).
create function private.ical_time(property text, instant timestamptz, timezone text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_local timestamp := instant at time zone timezone;
begin
    if timezone = 'UTC' or private.local_to_instant(v_local, timezone) <> instant then
        return property || ':' || private.ical_utc(instant);
    end if;
    return property || ';TZID=' || timezone || ':' || to_char(v_local, 'YYYYMMDD"T"HH24MISS');
end
$$;
comment on function private.ical_time(text, timestamptz, text) is
    'A content line that says an instant in the zone''s local time, which needs the zone''s VTIMEZONE, or in UTC where it must; not folded.';
revoke execute on function private.ical_time(text, timestamptz, text) from public;

-- The VEVENTs of every calendar object, mails' and feeds' alike. One statement over all of them, and functions are
-- called for the odd text only: a feed of a year is made at every poll, and a call costs more than most lines do. It
-- depends on its arguments only, so that a mail sent twice is the same mail. Of two objects with one SEQUENCE the one
-- with the later DTSTAMP holds (RFC 5546, section 2.1.5): DTSTAMP is when the session last changed.
create function private.ical_events(
    sessions public.success_sessions[],
    method text,
    series_timezone text,
    organizer_line text,
    app_url text,
    is_feed boolean
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_utc_format constant text := 'YYYYMMDD"T"HH24MISS"Z"';
    c_url constant text := 'URL:' || rtrim(app_url, '/') || '/sessions/';
    c_url_text constant text := private.ical_text(rtrim(app_url, '/') || '/sessions/');
    -- It says what begins, by its title: words of ours would be of one language.
    c_alarm constant text := E'BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\n';
    c_specials constant text := '[\x01-\x1f\x7f]';
    c_folded_organizer constant text := private.ical_fold(organizer_line) || E'\r\n';
begin
    return (
        select
            string_agg(
                concat(
                    E'BEGIN:VEVENT\r\nUID:',
                    -- A feed is a calendar of its own, replaced as a whole, and shows no series: one UID for each
                    -- session is what every program reads. Many overlook events that share one.
                    case when is_feed then session.id else session.calendar_uid end,
                    E'@live-sessions\r\n',
                    case
                        when not is_feed and session.recurrence_id is not null
                            then private.ical_time('RECURRENCE-ID', session.recurrence_id, series_timezone) || E'\r\n'
                    end,
                    'SEQUENCE:',
                    session.sequence,
                    E'\r\nDTSTAMP:',
                    to_char(session.updated_at at time zone 'UTC', c_utc_format),
                    case
                        when not is_feed and session.recurrence_id is not null
                            then E'\r\n' || private.ical_time('DTSTART', session.start_time, session.timezone)
                                || E'\r\n' || private.ical_time('DTEND', session.end_time, session.timezone)
                        else E'\r\nDTSTART:' || to_char(session.start_time at time zone 'UTC', c_utc_format)
                            || E'\r\nDTEND:' || to_char(session.end_time at time zone 'UTC', c_utc_format)
                    end,
                    E'\r\n',
                    case
                        when octet_length(line.summary) <= 75 then line.summary
                        else private.ical_fold(line.summary)
                    end,
                    E'\r\n',
                    case
                        when octet_length(line.description) <= 75 then line.description
                        -- Letters of one octet each, and the second line is the last.
                        when octet_length(line.description) <= 149
                            and octet_length(line.description) = char_length(line.description)
                            then left(line.description, 75) || E'\r\n ' || substr(line.description, 76)
                        else private.ical_fold(line.description)
                    end,
                    case when line.description is not null then E'\r\n' end,
                    case when octet_length(line.url) <= 75 then line.url else private.ical_fold(line.url) end,
                    case when line.url is not null then E'\r\n' end,
                    -- Withdrawing one invitation is a CANCEL without STATUS: the session goes on without that attendee
                    -- (RFC 5546, section 3.2.5).
                    case
                        when session.status = 'cancelled' then E'STATUS:CANCELLED\r\n'
                        when method is distinct from 'CANCEL' then E'STATUS:CONFIRMED\r\n'
                    end,
                    E'TRANSP:OPAQUE\r\n',
                    c_folded_organizer,
                    case
                        when is_feed and session.status = 'upcoming'
                            then c_alarm
                                || case
                                    when octet_length(line.summary) <= 71
                                        then 'DESCRIPTION:' || substr(line.summary, 9)
                                    else private.ical_fold('DESCRIPTION:' || substr(line.summary, 9))
                                end
                                || E'\r\nEND:VALARM\r\n'
                    end,
                    E'END:VEVENT\r\n'
                ),
                '' order by session.ordinality
            )
        from unnest(sessions) with ordinality as session
        cross join lateral (
            select
                -- One line: success_sessions_title_not_blank.
                'SUMMARY:' || replace(replace(replace(session.title, '\', '\\'), ';', '\;'), ',', '\,') as summary,
                -- Many programs hide URL, so it ends the description too.
                'DESCRIPTION:' || nullif(concat_ws(
                    '\n\n',
                    case
                        when session.description = '' then null
                        when session.description ~ c_specials then private.ical_text(session.description)
                        else replace(replace(replace(session.description, '\', '\\'), ';', '\;'), ',', '\,')
                    end,
                    c_url_text || session.id
                ), '') as description,
                c_url || session.id as url
            offset 0
        ) as line
    );
end
$$;
comment on function private.ical_events(public.success_sessions[], text, text, text, text, boolean) is
    'One VEVENT (RFC 5545, section 3.6.1) for each session, in the order given; CRLF line ends. Null for no session; without URL where app_url is null, without ORGANIZER where organizer_line is. is_feed: a UID for each session, UTC, an alarm; else a session of a series has the series'' UID, RECURRENCE-ID and local times.';
revoke execute on function private.ical_events(public.success_sessions[], text, text, text, text, boolean) from public;

-- A rule for given dates, found from the dates alone: the series' own rule may have changed since, and its dates were
-- moved, skipped and split. RRULE and EXDATE, which every program reads. RDATE only for dates at another local time
-- than the first, which no rule can add: Outlook takes RDATE beside an RRULE only ([MS-OXCICAL], RDATE), and Google
-- shows none after the rule's UNTIL; there the date's own VEVENT has to do.
create function private.ical_recurrence(starts timestamptz[], timezone text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_dates constant integer := 1000;
    c_weekdays constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    v_first timestamp := starts[1] at time zone timezone;
    v_monday date := date_trunc('week', v_first);
    -- The dates that a rule can give: their local time is the first one's, or what the clock made of it.
    v_days date[];
    v_last timestamptz;
    v_day date;
    v_days_apart integer := 0;
    v_weeks_apart integer := 0;
    v_months_apart integer := 0;
    v_ordinal integer := (extract(day from v_first)::integer + 6) / 7;
    v_is_day_of_month boolean := true;
    v_is_ordinal boolean := true;
    v_is_last boolean := true;
    v_candidates text[];
    v_candidate text;
    v_rule text;
    v_dates timestamptz[];
    v_excluded timestamptz[];
    v_fewest timestamptz[];
begin
    select array_agg(given.day order by given.day), max(given.start)
    into v_days, v_last
    from (
        select
            start,
            (start at time zone timezone)::date as day
        from unnest(starts) as start
    ) as given
    where private.local_to_instant(given.day + v_first::time, timezone) = given.start;

    foreach v_day in array v_days loop
        v_days_apart := gcd(v_days_apart, v_day - v_days[1]);
        v_weeks_apart := gcd(v_weeks_apart, (date_trunc('week', v_day)::date - v_monday) / 7);
        v_months_apart := gcd(
            v_months_apart,
            (
                (extract(year from v_day) - extract(year from v_first)) * 12
                + extract(month from v_day) - extract(month from v_first)
            )::integer
        );
        v_is_day_of_month := v_is_day_of_month and extract(day from v_day) = extract(day from v_first);
        v_is_ordinal := v_is_ordinal
            and extract(isodow from v_day) = extract(isodow from v_first)
            and (extract(day from v_day)::integer + 6) / 7 = v_ordinal;
        v_is_last := v_is_last
            and extract(isodow from v_day) = extract(isodow from v_first)
            and extract(month from v_day + 7) <> extract(month from v_day);
    end loop;

    v_candidates := array_remove(
        array[
            (
                select
                    format(
                        'FREQ=WEEKLY;INTERVAL=%s;BYDAY=%s',
                        greatest(v_weeks_apart, 1),
                        string_agg(c_weekdays[used.weekday], ',' order by used.weekday)
                    )
                from (select distinct extract(isodow from day)::integer as weekday from unnest(v_days) as day) as used
                having count(*) < 7
            ),
            'FREQ=DAILY;INTERVAL=' || greatest(v_days_apart, 1),
            case
                when v_is_ordinal and v_months_apart > 0
                    then format(
                        'FREQ=MONTHLY;INTERVAL=%s;BYDAY=%s%s',
                        v_months_apart, v_ordinal, c_weekdays[extract(isodow from v_first)]
                    )
            end,
            case
                when v_is_last and v_months_apart > 0
                    then format(
                        'FREQ=MONTHLY;INTERVAL=%s;BYDAY=-1%s', v_months_apart, c_weekdays[extract(isodow from v_first)]
                    )
            end,
            case
                when v_is_day_of_month and v_months_apart > 0
                    then format(
                        'FREQ=MONTHLY;INTERVAL=%s;BYMONTHDAY=%s', v_months_apart, extract(day from v_first)
                    )
            end
        ],
        null
    );
    foreach v_candidate in array v_candidates loop
        -- UNTIL is in UTC beside a DTSTART with a zone (RFC 5545, section 3.3.10).
        v_candidate := replace(v_candidate || ';UNTIL=' || private.ical_utc(v_last), ';INTERVAL=1;', ';');
        select array_agg(occurrence.start_time) into v_dates
        from private.expand_rrule(v_candidate, starts[1], timezone, c_most_dates + 1) as occurrence;
        v_excluded := array(
            select listed.start_time from unnest(v_dates) as listed (start_time)
            where listed.start_time <> all(starts)
            order by listed.start_time
        );
        if cardinality(v_dates) <= c_most_dates
            and (v_rule is null or cardinality(v_excluded) < cardinality(v_fewest))
        then
            v_rule := v_candidate;
            v_fewest := v_excluded;
        end if;
        exit when v_rule is not null and cardinality(v_fewest) = 0;
    end loop;

    return concat(
        private.ical_fold('RRULE:' || v_rule) || E'\r\n',
        (
            select string_agg(private.ical_time('EXDATE', excluded, timezone) || E'\r\n', '' order by excluded)
            from unnest(v_fewest) as excluded
        ),
        (
            select string_agg(private.ical_time('RDATE', added, timezone) || E'\r\n', '' order by added)
            from unnest(starts) as added
            where
                added <> starts[1]
                and (
                    v_rule is null
                    or private.local_to_instant(
                        (added at time zone timezone)::date + v_first::time, timezone
                    ) <> added
                )
        )
    );
end
$$;
comment on function private.ical_recurrence(timestamptz[], text) is
    'RRULE, EXDATE and RDATE lines that give exactly these starts, the first of which is DTSTART; in order, CRLF line ends.';
revoke execute on function private.ical_recurrence(timestamptz[], text) from public;

-- The frame of every calendar object. What goes by mail has a METHOD, the same as its MIME part; what is fetched has
-- none: over HTTP the media type names no method, and each demands the other (RFC 5545, section 3.7.2).
create function private.ical_object(method text, properties text, components text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return concat(
        E'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Live Sessions//Live Sessions//EN\r\nCALSCALE:GREGORIAN\r\n',
        'METHOD:' || method || E'\r\n',
        properties,
        components,
        E'END:VCALENDAR\r\n'
    );
end
$$;
comment on function private.ical_object(text, text, text) is
    'A VCALENDAR (RFC 5545, section 3.4) of these lines, each ending with CRLF; method null for one that invites nobody, properties null for no others.';
revoke execute on function private.ical_object(text, text, text) from public;

-- One object for what one mail tells of one UID: a session, or several of a series. Each date of a series is a VEVENT
-- of its own with RECURRENCE-ID, because each has its own link and is moved and cancelled by itself. Sent together to
-- somebody who knows none of them, they follow a VEVENT for the whole series (with_series), whose instances they are:
-- programs that import the first VEVENT only get the series, the others every date. Sent later, a date goes alone, as
-- to a guest of one date, which Google, Outlook and Apple send and read themselves.
create function private.sessions_calendar(
    sessions public.success_sessions[],
    method text,
    with_series boolean,
    organizer text,
    attendee_address text,
    attendee_name text,
    app_url text
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- 'Name <address>' or an address alone.
    v_organizer text[] := regexp_match(organizer, '^\s*(?:"?([^"<]*?)"?\s*<\s*)?([^<>\s]+@[^<>\s]+?)\s*>?\s*$');
    v_organizer_line text := private.ical_address('ORGANIZER', v_organizer[2], v_organizer[1]);
    v_sessions public.success_sessions[] := sessions;
    v_uids integer := cardinality(sessions);
    v_is_series boolean := false;
    v_series public.success_sessions;
    v_series_event text;
    v_timezone text;
    v_timezones text;
    v_calendar text;
begin
    if method not in ('REQUEST', 'CANCEL') then
        raise exception using
            errcode = '22023',
            message = format('method must be REQUEST, CANCEL or null, not %L', method);
    end if;
    -- An organizer and a method go together: what invites nobody has no ORGANIZER (RFC 5545, section 3.8.4.3).
    if (v_organizer is null) <> (method is null) or (organizer is null) <> (method is null) then
        raise exception using
            errcode = '22023',
            message = 'organizer must be an address, or a name followed by an address in angle brackets';
    end if;
    if cardinality(sessions) > 1 then
        select
            array_agg(session order by coalesce(session.recurrence_id, session.start_time), session.id),
            count(distinct session.calendar_uid),
            bool_and(session.recurrence_id is not null)
        into v_sessions, v_uids, v_is_series
        from unnest(sessions) as session;
    end if;
    if v_uids is distinct from 1 then
        raise exception using
            errcode = '22023',
            message = 'sessions must be one or several, all with the same calendar_uid';
    end if;

    v_timezone := v_sessions[1].timezone;
    if with_series and v_is_series then
        v_series := v_sessions[1];
        v_series.end_time := v_series.recurrence_id + (v_series.end_time - v_series.start_time);
        v_series.start_time := v_series.recurrence_id;
        select
            max(session.sequence),
            max(session.updated_at)
        into v_series.sequence, v_series.updated_at
        from unnest(sessions) as session;
        -- No text can look like that line: line breaks in texts are escaped.
        v_series_event := replace(
            private.ical_events(
                array[v_series], method, v_timezone, v_organizer_line, app_url, is_feed => false
            ),
            private.ical_time('RECURRENCE-ID', v_series.recurrence_id, v_timezone) || E'\r\n',
            private.ical_recurrence(
                array(select session.recurrence_id from unnest(v_sessions) as session order by session.recurrence_id),
                v_timezone
            )
        );
    end if;

    -- A session that is no date of a series, which most are, says its time in UTC.
    if cardinality(sessions) > 1 or v_sessions[1].recurrence_id is not null then
        select
            string_agg(private.ical_timezone(used.timezone, span.from_time, span.to_time), '' order by used.timezone)
        into v_timezones
        from (
            select distinct session.timezone
            from unnest(v_sessions) as session
            where session.recurrence_id is not null and session.timezone <> 'UTC'
        ) as used
        cross join (
            select
                min(least(session.start_time, session.recurrence_id)) as from_time,
                max(greatest(session.end_time, session.recurrence_id)) as to_time
            from unnest(v_sessions) as session
        ) as span;
    end if;
    v_calendar := private.ical_object(
        method,
        null,
        concat(
            v_timezones,
            v_series_event,
            private.ical_events(v_sessions, method, v_timezone, v_organizer_line, app_url, is_feed => false)
        )
    );
    if attendee_address is null then
        return v_calendar;
    end if;
    return private.calendar_for(v_calendar, attendee_address, attendee_name);
end
$$;
comment on function private.sessions_calendar(public.success_sessions[], text, boolean, text, text, text, text) is
    'iCalendar object (RFC 5545, RFC 5546) of sessions with one calendar_uid, that puts them into the attendee''s calendar (REQUEST), takes them out (CANCEL) or shows them to nobody in particular (null, without organizer). with_series: the series as one VEVENT first, where there are several dates. Without attendee, private.calendar_for adds one. CRLF line ends.';
revoke execute on function private.sessions_calendar(
    public.success_sessions[], text, boolean, text, text, text, text
) from public;

-- == From change to event ============================================================================================

-- What an event remembers of a session: column by column what mails are decided by and made from. Links and passcodes
-- stay out; of them only a fingerprint is kept, which tells that they changed. Always in UTC, so that equal instants
-- read equal.
create function notifier.session_snapshot(session public.success_sessions)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    return jsonb_build_object(
        'id', session.id,
        'title', session.title,
        'description', session.description,
        'session_type', session.session_type,
        'status', session.status,
        'course_id', session.course_id,
        'batch_id', session.batch_id,
        'mentor_id', session.mentor_id,
        'start_time', session.start_time,
        'end_time', session.end_time,
        'timezone', session.timezone,
        'platform', session.platform,
        'cancel_reason', session.cancel_reason,
        'series_id', session.series_id,
        'recurrence_id', session.recurrence_id,
        'calendar_uid', session.calendar_uid,
        'sequence', session.sequence,
        'registration_required', session.registration_required,
        'meeting_details', md5(
            jsonb_build_array(session.link, session.zoom_meeting_id, session.credentials_updated_at)::text
        ),
        'backup_details', md5(jsonb_build_array(session.backup_link, session.backup_credentials_updated_at)::text),
        'uses_backup_link', session.link_failed_at is not null,
        'link_failure_note', session.link_failure_note
    );
end
$$;
comment on function notifier.session_snapshot(public.success_sessions) is
    'The session as an event remembers it: its columns by name, and meeting_details and backup_details, fingerprints of what join_session reveals.';
revoke execute on function notifier.session_snapshot(public.success_sessions) from public;

-- Only upcoming and live sessions invite anybody; null (no session yet) does not.
create function notifier.is_open(snapshot jsonb)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(snapshot ->> 'status' in ('upcoming', 'live'), false);
end
$$;
comment on function notifier.is_open(jsonb) is 'Whether a session in this state (notifier.session_snapshot, or null) invites people: upcoming or live.';
revoke execute on function notifier.is_open(jsonb) from public;

-- What is about the next 24 hours cannot wait behind what is not: a mail that comes after the session is no use.
create function notifier.is_urgent(old jsonb, new jsonb, told_at timestamptz)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        least((old ->> 'start_time')::timestamptz, (new ->> 'start_time')::timestamptz) < told_at + interval '24 hours',
        false
    );
end
$$;
comment on function notifier.is_urgent(jsonb, jsonb, timestamptz) is
    'Whether news of a change between these states (notifier.session_snapshot, or null) overtakes other mail: the session begins, or was to begin, within 24 hours of told_at.';
revoke execute on function notifier.is_urgent(jsonb, jsonb, timestamptz) from public;

-- Wakes the notifier at the commit of whatever wrote an event, and only if every worker sleeps. Deferred, because an
-- immediate trigger would look at the gate long before the commit that makes the event visible. A transaction whose
-- snapshot is old cannot see the gate as it is and always notifies. Security definer: writers of sessions have no
-- business in this schema.
create function notifier.wake()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Shared with other writers, exclusive for notifier.fall_asleep(), which explains it.
    perform pg_advisory_xact_lock_shared('notifier.gate'::regclass::integer, 0);
    if current_setting('transaction_isolation') <> 'read committed'
        or not exists (select from notifier.gate as gate where gate.awake_until >= clock_timestamp())
    then
        perform pg_notify('notifier', '');
    end if;
    return null;
end
$$;
comment on function notifier.wake() is 'Notifies on channel notifier, without payload, unless a worker has promised to be awake.';
revoke execute on function notifier.wake() from public;

create constraint trigger wake
after insert on notifier.events
deferrable initially deferred
for each row execute function notifier.wake();

-- Once a statement, however many students it enrols.
create constraint trigger wake
after insert on notifier.enrollment_changes
deferrable initially deferred
for each row when (new.wakes) execute function notifier.wake();

-- Endpoints hear of every recording that is published, whether students are told by mail or not, once it can be
-- watched. A delivery that still waits is moved along with that time, and dropped when the recording cannot be watched
-- any more. Security definer: writers of recordings have no business in the outbox.
create function private.tell_recording_ready()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_due boolean := tg_op <> 'DELETE' and new.is_published;
    v_source text := format('recording/%s', case when tg_op = 'DELETE' then old.id else new.id end);
begin
    if tg_op <> 'INSERT' then
        if v_is_due and old.is_published and new.available_from = old.available_from then
            return null;
        end if;
        -- By way of the endpoints, with which the unique key begins: no other index has the source.
        delete from notifier.webhook_deliveries as waiting
        using public.webhook_endpoints as endpoint
        where
            waiting.endpoint_id = endpoint.id
            and waiting.event_type = 'recording.ready'
            and waiting.source = v_source
            and waiting.status = 'queued';
        -- If it had been sent already, it is not told again.
        v_is_due := v_is_due and (found or not old.is_published);
    end if;
    if v_is_due then
        perform notifier.queue_webhooks(
            'recording.ready',
            v_source,
            jsonb_build_object('session_id', new.session_id, 'recording_id', new.id),
            greatest(clock_timestamp(), new.available_from),
            new.available_from
        );
    end if;
    return null;
end
$$;
comment on function private.tell_recording_ready() is
    'Queues recording.ready for a recording that was published, moves it along with available_from, and drops it.';
revoke execute on function private.tell_recording_ready() from public;

create trigger tell_recording_ready
after insert or delete or update of is_published, available_from on public.session_recordings
for each row execute function private.tell_recording_ready();

-- What the notifier itself queues it finds by itself; of a recording somebody has to tell it.
create constraint trigger webhook_deliveries_wake
after insert on notifier.webhook_deliveries
deferrable initially deferred
for each row when (new.event_type = 'recording.ready') execute function notifier.wake();

-- The notifier writes the event, under the session's row lock; whoever edits a recording has locked that first and
-- would wait the other way round.
create constraint trigger session_recordings_wake
after insert or update on public.session_recordings
deferrable initially deferred
for each row
when (new.announce_at is not null)
execute function notifier.wake();

-- One event for a change that somebody is to be told of; none for anything else: the clock moving the status to live, a
-- revision number, edits of a session that is over or called off. Costs the same for 10 students and for 100,000, and
-- refuses nothing. Security definer: writers of sessions have no business in the outbox.
create function private.handle_success_session_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Kept for mails to show; by themselves they are no change that a mail would be sent for.
    v_shown_only constant text [] := array[
        'status', 'session_type', 'cancel_reason', 'sequence', 'calendar_uid', 'series_id', 'recurrence_id',
        'link_failure_note'
    ];
    v_old jsonb := case when tg_op = 'UPDATE' then notifier.session_snapshot(old) end;
    v_new jsonb := notifier.session_snapshot(new);
    v_was_open boolean := notifier.is_open(v_old);
    v_is_open boolean := notifier.is_open(v_new);
begin
    if v_was_open <> v_is_open or (v_was_open and v_old - v_shown_only <> v_new - v_shown_only) then
        insert into notifier.events (session_id, old, new) values (new.id, v_old, v_new);
    end if;
    return null;
end
$$;
comment on function private.handle_success_session_changes() is
    'Writes one outbox event with the old and new state of a session when somebody is to be told of the change.';
revoke execute on function private.handle_success_session_changes() from public;

create trigger handle_success_session_changes
after insert or update on public.success_sessions
for each row execute function private.handle_success_session_changes();

-- One event per statement and session for explicit invitees that came or went. The session's row is locked first, as
-- by a change of the session itself: the ids of a session's events must rise in the order of its changes. A session
-- that is called off has them too, though nobody is told: these events are how it is known who was invited when.
-- Security definer: writers of participants have no business in the outbox.
create function private.handle_session_participant_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_came jsonb := '[]';
    v_went jsonb := '[]';
begin
    -- Each trigger below has those of the two transition tables that its verb has.
    if tg_op in ('INSERT', 'UPDATE') then
        v_came := coalesce((select jsonb_agg(jsonb_build_array(came.session_id, came.user_id)) from came), '[]');
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        v_went := coalesce((select jsonb_agg(jsonb_build_array(went.session_id, went.user_id)) from went), '[]');
    end if;

    insert into notifier.events (session_id, old, new, participants_added, participants_removed)
    with
    change as materialized (
        select
            (pair.ids ->> 0)::uuid as session_id,
            (pair.ids ->> 1)::uuid as user_id,
            bool_or(pair.came) as came
        from (
            select
                came.ids,
                true as came
            from jsonb_array_elements(v_came) as came (ids)
            union all
            select
                went.ids,
                false
            from jsonb_array_elements(v_went) as went (ids)
        ) as pair
        group by pair.ids
        -- An update that leaves somebody where they were is no change.
        having count(*) = 1
    ),
    -- Grouped before the join: the planner does not know how many changes there are, and would compare each with each
    -- session.
    change_of_session as materialized (
        select
            change.session_id,
            coalesce(array_agg(change.user_id) filter (where change.came), '{}') as added,
            coalesce(array_agg(change.user_id) filter (where not change.came), '{}') as removed
        from change
        group by change.session_id
    ),
    concerned as materialized (
        select
            session,
            change_of_session.added,
            change_of_session.removed
        from change_of_session
        inner join public.success_sessions as session on change_of_session.session_id = session.id
        where session.status <> 'completed'
        order by session.id
        for no key update of session
    ),
    concerned_state as materialized (
        select
            (concerned.session).id as session_id,
            notifier.session_snapshot(concerned.session) as snapshot,
            concerned.added,
            concerned.removed
        from concerned
    )
    select
        concerned_state.session_id,
        concerned_state.snapshot,
        concerned_state.snapshot,
        concerned_state.added,
        concerned_state.removed
    from concerned_state;
    return null;
end
$$;
comment on function private.handle_session_participant_changes() is
    'Writes one outbox event per session whose explicit invitees a statement changed; none for sessions that are over or gone.';
revoke execute on function private.handle_session_participant_changes() from public;

create trigger handle_session_participants_added
after insert on public.session_participants
referencing new table as came
for each statement execute function private.handle_session_participant_changes();

create trigger handle_session_participants_changed
after update on public.session_participants
referencing old table as went new table as came
for each statement execute function private.handle_session_participant_changes();

create trigger handle_session_participants_removed
after delete on public.session_participants
referencing old table as went
for each statement execute function private.handle_session_participant_changes();

-- A session that vanished could tell nobody that it did. It is cancelled first, everybody is told, then it may be
-- deleted. Security definer: whoever deletes has no business in the outbox.
--
-- Its invitations go with it, but everybody else locks these first. Whoever has one waits for the session by now, so
-- this gives way instead of waiting for them.
create function private.refuse_untold_session_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if old.status not in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('a session that is %s cannot be deleted', old.status),
            detail = 'session ' || old.id,
            hint = 'Cancel it first, so that everybody is told.';
    end if;
    if exists (select from notifier.events as event where event.session_id = old.id and event.expanded_at is null)
        or exists (
            select from notifier.emails as email
            where email.session_id = old.id and email.status in ('queued', 'claimed', 'sending', 'in_doubt')
        )
    then
        raise exception using
            errcode = 'PT409',
            message = 'mail about this session is still on its way',
            detail = 'session ' || old.id,
            hint = 'Delete it once everybody has been told.';
    end if;
    begin
        perform from public.session_participants as participant
        where participant.session_id = old.id
        order by participant.user_id
        for update nowait;
    exception
        when lock_not_available then
            perform private.refuse_simultaneous_writers();
    end;
    return old;
end
$$;
comment on function private.refuse_untold_session_delete() is
    'Refuses with PT409 to delete a session that is upcoming or live, of which somebody is still to be told, or whose invitations somebody else is changing.';
revoke execute on function private.refuse_untold_session_delete() from public;

create trigger refuse_untold_session_delete before delete on public.success_sessions
for each row execute function private.refuse_untold_session_delete();

-- For the functions that give seats. Each event concerns one person, so the mail is queued at once, without expansion;
-- the event holds its place in the history of the session and wakes the notifier. It is urgent: that person has just
-- asked, or has waited for the seat. The session is read anew, once for all of them: what an event says must be the
-- state at its place in that history, which the row lock guards.
create function notifier.tell_registration(
    session_id uuid,
    student_ids uuid[],
    kind notifier.email_kind
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_session public.success_sessions;
    v_snapshot jsonb;
begin
    if tell_registration.kind is null
        or tell_registration.kind not in ('registration_confirmed', 'waitlist_promoted')
    then
        raise exception using
            errcode = '22023',
            message = format(
                'kind must be registration_confirmed or waitlist_promoted, not %s',
                coalesce(tell_registration.kind::text, 'null')
            );
    end if;
    select locked.* into v_session
    from public.success_sessions as locked
    where locked.id = tell_registration.session_id
    for no key update;
    v_snapshot := notifier.session_snapshot(v_session);
    if not notifier.is_open(v_snapshot) then
        return;
    end if;
    with written as (
        insert into notifier.events (session_id, student_id, old, new, expanded_at)
        select v_session.id, student.id, v_snapshot, v_snapshot, v_now
        from unnest(tell_registration.student_ids) with ordinality as student (id, place)
        order by student.place
        returning id, student_id
    )
    -- If an earlier mail about the seat waits for its next attempt, this one waits as long, and the claim folds it into
    -- that one.
    insert into notifier.emails (event_id, session_id, recipient_id, kind, urgent, available_at)
    select
        written.id,
        v_session.id,
        written.student_id,
        tell_registration.kind,
        true,
        greatest(v_now, waiting.available_at)
    from written
    cross join lateral (
        select max(earlier.available_at) as available_at
        from notifier.emails as earlier
        where
            earlier.session_id = v_session.id
            and earlier.recipient_id = written.student_id
            and earlier.topic = 'registration'
            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
    ) as waiting;
end
$$;
comment on function notifier.tell_registration(uuid, uuid[], notifier.email_kind) is
    'Queues a mail of kind registration_confirmed or waitlist_promoted for each student who got a seat, in this order; sent only if they still have it then. Nothing for a session that is not upcoming or live.';
revoke execute on function notifier.tell_registration(uuid, uuid[], notifier.email_kind) from public;

-- What nobody has ever chosen is not watched for, and what is chosen today reminds of nothing that has passed already.
-- Writes a row of the clock the first time that somebody chooses it, and never again. Security definer: who chooses has
-- no business in the outbox.
create function private.note_reminder_choices()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_by_people boolean := tg_table_name = 'notification_preferences';
begin
    update notifier.reminder_clock as clock
    set
        by_people = clock.by_people or v_by_people,
        reached = coalesce(clock.reached, clock_timestamp() + make_interval(mins => clock.minutes))
    where
        clock.minutes = any(new.reminder_minutes)
        and (clock.reached is null or v_by_people and not clock.by_people);
    return null;
end
$$;
comment on function private.note_reminder_choices() is
    'Notes in notifier.reminder_clock that reminders so long before have been chosen.';
revoke execute on function private.note_reminder_choices() from public;

create trigger note_reminder_choices
after update of reminder_minutes on public.app_settings
for each row when (new.reminder_minutes <> '{}') execute function private.note_reminder_choices();

create trigger note_reminder_choices
after insert or update of reminder_minutes on public.success_sessions
for each row when (new.reminder_minutes <> '{}') execute function private.note_reminder_choices();

create trigger note_reminder_choices
after insert or update of reminder_minutes on public.notification_preferences
for each row when (new.reminder_minutes <> '{}') execute function private.note_reminder_choices();

-- One row per enrollment that gives or takes access to sessions, in one statement: 100,000 enrollments at once cost the
-- writer one insert. Which sessions that concerns is the notifier's to find out. Security definer: writers of
-- enrollments have no business in the outbox.
create function private.note_enrollment_changes()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Each trigger below has those of the two transition tables that its verb has.
    if tg_op = 'INSERT' then
        insert into notifier.enrollment_changes (
            student_id, course_id, was_active, new_batch_id, is_active, wakes
        )
        select
            came.student_id,
            came.course_id,
            false,
            came.batch_id,
            true,
            row_number() over () = 1
        from came
        where came.status = 'active';
    elsif tg_op = 'DELETE' then
        insert into notifier.enrollment_changes (
            student_id, course_id, old_batch_id, was_active, is_active, wakes
        )
        select
            went.student_id,
            went.course_id,
            went.batch_id,
            true,
            false,
            row_number() over () = 1
        from went
        where went.status = 'active';
    else
        insert into notifier.enrollment_changes (
            student_id, course_id, old_batch_id, was_active, new_batch_id, is_active, wakes
        )
        select
            pair.student_id,
            pair.course_id,
            pair.old_batch_id,
            pair.was_active,
            pair.new_batch_id,
            pair.is_active,
            row_number() over () = 1
        from (
            -- A full join, and `offset 0` to keep it one: private.keep_session_statistics says why.
            select
                went.student_id,
                went.course_id,
                went.batch_id as old_batch_id,
                went.status = 'active' as was_active,
                came.batch_id as new_batch_id,
                came.status = 'active' as is_active
            from went
            full join came
                on went.id = came.id and went.student_id = came.student_id and went.course_id = came.course_id
            offset 0
        ) as pair
        where
            -- Of rows that are in both tables.
            pair.was_active is not null
            and pair.is_active is not null
            and (pair.was_active or pair.is_active)
            and (pair.was_active, pair.old_batch_id) is distinct from (pair.is_active, pair.new_batch_id);
    end if;
    return null;
end
$$;
comment on function private.note_enrollment_changes() is
    'Notes for the notifier which enrollments a statement made active, ended or moved to another batch.';
revoke execute on function private.note_enrollment_changes() from public;

create trigger note_enrollments_added
after insert on public.course_enrollments
referencing new table as came
for each statement execute function private.note_enrollment_changes();

create trigger note_enrollments_changed
after update on public.course_enrollments
referencing old table as went new table as came
for each statement execute function private.note_enrollment_changes();

create trigger note_enrollments_removed
after delete on public.course_enrollments
referencing old table as went
for each statement execute function private.note_enrollment_changes();
