-- From a change to an event: the outbox, its triggers, and the calendar objects that mails carry.

-- == Outbox: schema notifier =========================================================================================

-- What a mail is about. Each kind has its templates in the notifier.
create type notifier.email_kind as enum (
    'session_scheduled', -- a learner is invited
    'session_rescheduled', -- the time of a session somebody is invited to changed
    'session_updated', -- something else that they see changed
    'session_cancelled', -- the session is called off, or the learner is no longer invited
    'mentor_assigned', -- somebody became the host
    'mentor_unassigned', -- somebody is no longer the host
    'series_scheduled', -- a learner is invited to several sessions by one transaction
    'series_updated', -- one transaction changed several sessions in ways that differ, or that need no kind of their own
    'series_cancelled', -- one transaction called off several sessions
    'registration_confirmed', -- a student got the seat they asked for
    'waitlist_promoted', -- a student who waited got a seat
    'attendance_summary' -- to the host, after the session
);
comment on type notifier.email_kind is 'What a mail is about; the claim decides it, from what the recipient was told last and the state then.';

-- Mails of one topic to one person about one session follow each other in order, and a waiting one speaks for the later
-- ones.
create type notifier.email_topic as enum (
    'invitation', -- whether, when and how the recipient takes part
    'registration', -- whether a student has a seat
    'summary' -- what came of it
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
    session jsonb, -- notifier.session_details of the first part
    changes jsonb, -- of the first part: {field: {"old": …, "new": …}}; empty unless it was rescheduled or updated
    parts jsonb, -- at least one, by start_time: [{"kind": …, "session": …, "changes": …}]
    calendars jsonb, -- [{"method": "REQUEST" or "CANCEL", "content": an iCalendar object}]
    summary jsonb -- private.attendance_summary; null for other kinds
);
comment on type notifier.claimed_email is 'All that a worker needs to render and send one mail; equal parts read equal.';

-- One row per change that somebody is to be told of, written by the change's own transaction. Fanning out to recipients
-- inside that transaction would cost it O(students): 1,044 ms against 0.6 ms at 100,000.
create table notifier.events (
    id bigint generated always as identity,
    session_id uuid not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    old jsonb,
    new jsonb not null,
    student_id uuid,
    topic notifier.email_topic not null generated always as (
        case
            when student_id is not null then 'registration'::notifier.email_topic
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
    constraint events_merged_into_fkey foreign key (merged_into) references notifier.events (id),
    constraint events_merged_into_is_earlier check (merged_into < id),
    constraint events_merged_into_is_expanded check (merged_into is null or expanded_at is not null),
    constraint events_cursor_needs_through_id check (cursor is null or through_id is not null)
);
comment on table notifier.events is
    'Changes that somebody is to be told of. Ids of one session rise in the order of its changes, because each is written under the session''s row lock. Rows outlive the session, so there is no foreign key.';
comment on column notifier.events.id is 'Order of the changes of one session.';
comment on column notifier.events.session_id is 'The session that changed.';
comment on column notifier.events.transaction_id is
    'The transaction that made the change: what it did to one person is told in one mail.';
comment on column notifier.events.old is 'notifier.session_snapshot before the change; null for a new session.';
comment on column notifier.events.new is 'notifier.session_snapshot after the change.';
comment on column notifier.events.student_id is 'The student whose seat it is about; null: it is about the session.';
comment on column notifier.events.topic is
    'Generated: registration for a student''s seat, summary for the end of a session, else invitation.';
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
-- What is still to be expanded: empty most of the time. expanded_at, always null in it, leads because the primary key
-- could be mistaken for an index as good in an order by id alone.
create index events_unexpanded_idx on notifier.events (expanded_at, id) where expanded_at is null;
create index events_unexpanded_session_id_idx on notifier.events (session_id, id) where expanded_at is null;
-- The other sessions that the same transaction changed.
create index events_unexpanded_transaction_id_idx on notifier.events (transaction_id, id)
where expanded_at is null and topic = 'invitation';
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
            when kind = 'attendance_summary' then 'summary'::notifier.email_topic
            when kind in ('registration_confirmed', 'waitlist_promoted') then 'registration'::notifier.email_topic
            else 'invitation'::notifier.email_topic
        end
    ) stored,
    status notifier.email_status not null default 'queued',
    attempts integer not null default 0,
    available_at timestamptz not null default clock_timestamp(),
    claim_id uuid,
    claimed_by text,
    lease_until timestamptz,
    carried_by uuid,
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
    constraint emails_carried_by_fkey foreign key (carried_by) references notifier.emails (id),
    constraint emails_attempts_not_negative check (attempts >= 0),
    constraint emails_claim_while_held check (
        status not in ('claimed', 'sending') or (claim_id is not null and num_nonnulls(lease_until, carried_by) = 1)
    ),
    constraint emails_lease_only_while_held check (lease_until is null or status in ('claimed', 'sending')),
    constraint emails_carried_by_while_told check (carried_by is null or status not in ('queued', 'skipped')),
    constraint emails_in_doubt_at_while_in_doubt check (status <> 'in_doubt' or in_doubt_at is not null),
    constraint emails_sent_at_when_sent check ((status = 'sent') = (sent_at is not null)),
    constraint emails_skip_reason_when_skipped check ((status = 'skipped') = (skip_reason is not null)),
    constraint emails_skip_reason_known check (
        skip_reason in (
            'superseded', -- an earlier waiting mail says it all
            'already_told', -- an earlier mail went out so late that it said it all
            'cancelled_before_told', -- the session was called off before the recipient had heard of it
            'not_invited', -- no longer in the audience, or access has ended
            'not_registered', -- the seat was given up before the student was told of it
            'nothing_changed', -- changed there and back
            'session_over', -- too late
            'no_address' -- the user has no address, or is gone
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
    'The transaction that made the change, where it changed several sessions: what may go out as one mail. Else null.';
comment on column notifier.emails.session_id is 'The session.';
comment on column notifier.emails.recipient_id is 'The user it goes to.';
comment on column notifier.emails.kind is
    'What it is about: presumed at expansion, decided at the claim; for a row of several in one mail, what that part is about.';
comment on column notifier.emails.topic is 'Generated from kind: what mails are ordered and folded by.';
comment on column notifier.emails.status is 'Where it stands.';
comment on column notifier.emails.attempts is 'Claims so far, those given back not counted.';
comment on column notifier.emails.available_at is 'Not to be claimed earlier.';
comment on column notifier.emails.claim_id is 'The claim that holds or last held it; a worker acts on rows of its own claim only.';
comment on column notifier.emails.claimed_by is 'Name of the worker that holds or last held it.';
comment on column notifier.emails.lease_until is
    'Until when it is held; afterwards others may take over. Null for carried rows.';
comment on column notifier.emails.carried_by is
    'The row in whose mail this one goes out, and whose status it shares; null: in its own.';
comment on column notifier.emails.told_from is 'First event it tells of, set by the claim: what was known before it is that event''s old state.';
comment on column notifier.emails.told_through is 'Last event it tells of, set by the claim: what it says is that event''s new state.';
comment on column notifier.emails.in_doubt_at is 'When an attempt of unknown outcome was noticed; from then on the mail is only sent again as it was.';
comment on column notifier.emails.sent_at is 'When its acceptance was recorded.';
comment on column notifier.emails.transport is 'The transport that accepted it.';
comment on column notifier.emails.skip_reason is 'Why it was not sent.';
comment on column notifier.emails.last_error is 'What the last failed attempt met, without addresses.';
comment on column notifier.emails.created_at is 'When it was queued.';

alter table notifier.emails enable row level security;

-- The claim's order. Holds what waits, nothing else.
create index emails_waiting_idx on notifier.emails (available_at, event_id)
where status in ('queued', 'in_doubt') and carried_by is null;
-- What may have to be taken over.
create index emails_held_idx on notifier.emails (lease_until)
where status in ('claimed', 'sending') and carried_by is null;
-- What may go out as one mail.
create index emails_bundle_idx on notifier.emails (transaction_id, recipient_id, event_id)
where status = 'queued' and transaction_id is not null;
create index emails_carried_by_idx on notifier.emails (carried_by) where carried_by is not null;
-- Unfinished mails of one person, session and topic: order and folding.
create index emails_unfinished_idx on notifier.emails (session_id, recipient_id, topic, event_id)
where status in ('queued', 'claimed', 'sending', 'in_doubt');
-- Mails that said more than their own event, because another change had already happened: rare, and what keeps the
-- later event's mail from saying it again.
create index emails_told_ahead_idx on notifier.emails (session_id, recipient_id, topic, told_through)
where told_through > event_id;

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

-- == Calendar objects ================================================================================================

-- Text values of RFC 5545, section 3.3.11: backslash, semicolon, comma and line break are escaped. Other control
-- characters are not allowed anywhere in an iCalendar object and are left out.
create function private.ical_text(value text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return regexp_replace(
    regexp_replace(
        regexp_replace(value, '([\\;,])', '\\\1', 'g'),
        '\r\n|\r|\n', '\\n', 'g'
    ),
    '[\x01-\x08\x0b-\x1f\x7f]', '', 'g'
);
comment on function private.ical_text(text) is 'The value escaped as an iCalendar TEXT (RFC 5545, section 3.3.11).';
revoke execute on function private.ical_text(text) from public;

-- Quoted parameter values of RFC 5545, section 3.2, cannot hold a double quote or a line break. RFC 6868 has an
-- encoding for both.
create function private.ical_quoted(value text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return '"' || regexp_replace(
    replace(replace(regexp_replace(value, '\r\n|\r|\n', ' ', 'g'), '^', '^^'), '"', '^'''),
    '[\x01-\x08\x0b-\x1f\x7f]', '', 'g'
) || '"';
comment on function private.ical_quoted(text) is
    'The value as a quoted iCalendar parameter value (RFC 5545, section 3.2; RFC 6868); line breaks become spaces.';
revoke execute on function private.ical_quoted(text) from public;

-- DATE-TIME in UTC, RFC 5545, section 3.3.5, form 2: needs no VTIMEZONE.
create function private.ical_utc(instant timestamptz)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
return to_char(instant at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"');
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
    'The calendar object of private.session_calendar with this attendee added.';
revoke execute on function private.calendar_for(text, text, text) from public;

-- Every calendar object of a session comes from here. It depends on its arguments only, so that a mail sent twice is
-- the same mail. Of two objects with one SEQUENCE the one with the later DTSTAMP holds (RFC 5546, section 2.1.5):
-- DTSTAMP is when the session last changed, and a caller that knows of a later change (an invitation withdrawn) passes
-- that as updated_at.
create function private.session_calendar(
    session public.success_sessions,
    method text,
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
    v_url text := rtrim(app_url, '/') || '/sessions/' || session.id;
    -- 'Name <address>' or an address alone.
    v_calendar text;
    v_organizer text[] := regexp_match(organizer, '^\s*(?:"?([^"<]*?)"?\s*<\s*)?([^<>\s]+@[^<>\s]+?)\s*>?\s*$');
begin
    if method is null or method not in ('REQUEST', 'CANCEL') then
        raise exception using
            errcode = '22023',
            message = format('method must be REQUEST or CANCEL, not %s', coalesce(quote_literal(method), 'null'));
    end if;
    if v_organizer is null then
        raise exception using
            errcode = '22023',
            message = 'organizer must be an address, or a name followed by an address in angle brackets';
    end if;
    v_calendar := array_to_string(
        array(
            select private.ical_fold(content.line)
            from unnest(array[
                'BEGIN:VCALENDAR',
                'VERSION:2.0',
                'PRODID:-//Live Sessions//Live Sessions//EN',
                'CALSCALE:GREGORIAN',
                'METHOD:' || method,
                'BEGIN:VEVENT',
                'UID:' || session.id || '@live-sessions',
                'SEQUENCE:' || session.sequence,
                'DTSTAMP:' || private.ical_utc(session.updated_at),
                'DTSTART:' || private.ical_utc(session.start_time),
                'DTEND:' || private.ical_utc(session.end_time),
                'SUMMARY:' || private.ical_text(session.title),
                -- Many programs hide URL, so it ends the description too.
                'DESCRIPTION:' || private.ical_text(concat_ws(E'\n\n', nullif(session.description, ''), v_url)),
                'URL:' || v_url,
                -- Withdrawing one invitation is a CANCEL without STATUS: the session goes on without that attendee
                -- (RFC 5546, section 3.2.5).
                case
                    when session.status = 'cancelled' then 'STATUS:CANCELLED'
                    when method = 'REQUEST' then 'STATUS:CONFIRMED'
                end,
                'TRANSP:OPAQUE',
                private.ical_address('ORGANIZER', v_organizer[2], v_organizer[1]),
                'END:VEVENT',
                'END:VCALENDAR'
            ]) with ordinality as content (line, position)
            where content.line is not null
            order by content.position
        ),
        E'\r\n'
    ) || E'\r\n';
    if attendee_address is null then
        return v_calendar;
    end if;
    return private.calendar_for(v_calendar, attendee_address, attendee_name);
end
$$;
comment on function private.session_calendar(public.success_sessions, text, text, text, text, text) is
    'iCalendar object (RFC 5545, RFC 5546) that puts the session into the attendee''s calendar (REQUEST) or takes it out (CANCEL); without attendee, private.calendar_for adds one. CRLF line ends.';
revoke execute on function private.session_calendar(public.success_sessions, text, text, text, text, text) from public;

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
        'sequence', session.sequence,
        'meeting_details', md5(
            jsonb_build_array(
                session.link, session.backup_link, session.zoom_meeting_id, session.credentials_updated_at
            )::text
        )
    );
end
$$;
comment on function notifier.session_snapshot(public.success_sessions) is
    'The session as an event remembers it: its columns by name, and meeting_details, a fingerprint of what join_session reveals.';
revoke execute on function notifier.session_snapshot(public.success_sessions) from public;

-- Only upcoming and live sessions invite anybody; null (no session yet) does not.
create function notifier.is_open(snapshot jsonb)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
return coalesce(snapshot ->> 'status' in ('upcoming', 'live'), false);
comment on function notifier.is_open(jsonb) is 'Whether a session in this state (notifier.session_snapshot, or null) invites people: upcoming or live.';
revoke execute on function notifier.is_open(jsonb) from public;

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
    v_shown_only constant text [] := array['status', 'session_type', 'cancel_reason', 'sequence'];
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
    concerned as materialized (
        select session
        from public.success_sessions as session
        where
            session.id in (select change.session_id from change)
            and session.status <> 'completed'
        order by session.id
        for no key update
    ),
    concerned_state as materialized (
        select
            (concerned.session).id as session_id,
            notifier.session_snapshot(concerned.session) as snapshot
        from concerned
    )
    select
        concerned_state.session_id,
        concerned_state.snapshot,
        concerned_state.snapshot,
        coalesce(array_agg(change.user_id) filter (where change.came), '{}'),
        coalesce(array_agg(change.user_id) filter (where not change.came), '{}')
    from concerned_state
    inner join change on concerned_state.session_id = change.session_id
    group by concerned_state.session_id, concerned_state.snapshot;
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
    return old;
end
$$;
comment on function private.refuse_untold_session_delete() is
    'Refuses with PT409 to delete a session that is upcoming or live, or of which somebody is still to be told.';
revoke execute on function private.refuse_untold_session_delete() from public;

create trigger refuse_untold_session_delete before delete on public.success_sessions
for each row execute function private.refuse_untold_session_delete();

-- For the functions that give seats. Concerns one person, so the mail is queued at once, without expansion; the event
-- holds its place in the history of the session and wakes the notifier. The session is read anew: what an event says
-- must be the state at its place in that history, which the row lock guards.
create function notifier.tell_registration(
    session public.success_sessions,
    student_id uuid,
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
    v_event_id bigint;
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
    where locked.id = tell_registration.session.id
    for no key update;
    v_snapshot := notifier.session_snapshot(v_session);
    if not notifier.is_open(v_snapshot) then
        return;
    end if;
    insert into notifier.events (session_id, student_id, old, new, expanded_at)
    values (v_session.id, tell_registration.student_id, v_snapshot, v_snapshot, v_now)
    returning id into v_event_id;
    -- It waits along with an earlier one that waits for its next attempt, and is folded into it by the claim.
    insert into notifier.emails (event_id, session_id, recipient_id, kind, available_at)
    select
        v_event_id,
        v_session.id,
        tell_registration.student_id,
        tell_registration.kind,
        greatest(v_now, max(earlier.available_at))
    from notifier.emails as earlier
    where
        earlier.session_id = v_session.id
        and earlier.recipient_id = tell_registration.student_id
        and earlier.topic = 'registration'
        and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt');
end
$$;
comment on function notifier.tell_registration(public.success_sessions, uuid, notifier.email_kind) is
    'Queues a mail of kind registration_confirmed or waitlist_promoted for a student who got a seat; sent only if they still have it then. Nothing for a session that is not upcoming or live.';
revoke execute on function notifier.tell_registration(public.success_sessions, uuid, notifier.email_kind) from public;
