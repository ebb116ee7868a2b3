-- What platforms tell of a meeting, who was there, and what may be seen of it afterwards.

-- == What platforms tell =============================================================================================

-- What every call about a meeting must name. A webhook that cannot be understood is refused with the reason, never with
-- an error of ours.
create function private.check_meeting_event(platform text, id_name text, id text, meeting_id text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if platform is null or not exists (
        select from public.meeting_platforms as known where known.id = check_meeting_event.platform
    ) then
        raise exception using
            errcode = '22023',
            message = format('platform %s is unknown', coalesce(quote_literal(left(platform, 50)), 'null')),
            hint = 'Send an id of meeting_platforms, such as zoom.';
    end if;
    if id is null or char_length(id) not between 1 and 500 then
        raise exception using
            errcode = '22023',
            message = format('%s must be a text of 1 to 500 characters', id_name),
            hint = 'Send the platform''s own id, the same whenever it tells the same.';
    end if;
    if meeting_id is null or char_length(meeting_id) not between 1 and 500 then
        raise exception using
            errcode = '22023',
            message = 'meeting_id must be a text of 1 to 500 characters',
            hint = 'Send the meeting''s number or room.';
    end if;
end
$$;
comment on function private.check_meeting_event(text, text, text, text) is
    'Refuses with 22023 an unknown platform and an id or meeting_id that is missing or too long.';
revoke execute on function private.check_meeting_event(text, text, text, text) from public;

create function private.check_meeting_time(name text, instant timestamptz)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if instant is null or not isfinite(instant) then
        raise exception using
            errcode = '22023',
            message = format('%s must be an instant', name),
            hint = 'Send a time such as 2027-03-01T18:00:00Z.';
    end if;
end
$$;
comment on function private.check_meeting_time(text, timestamptz) is 'Refuses with 22023 a time that is missing or infinite.';
revoke execute on function private.check_meeting_time(text, timestamptz) from public;

-- Before anything is read as a record: a value of the wrong type would be an error that names nothing.
create function private.check_presence_report(participants jsonb)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number bigint;
    v_stay jsonb;
    v_field text;
    v_times timestamptz[];
begin
    if jsonb_typeof(participants) is distinct from 'array' or jsonb_array_length(participants) > 10000 then
        raise exception using
            errcode = '22023',
            message = 'participants must be an array of at most 10,000 stays',
            hint = 'Send [{"joined_at": "…", "left_at": "…", "participant_key": "…"}, …].';
    end if;
    for v_stay, v_number in
        select element.value, element.ordinality
        from jsonb_array_elements(participants) with ordinality as element
    loop
        if jsonb_typeof(v_stay) <> 'object' then
            raise exception using
                errcode = '22023',
                message = format('participants, number %s, must be an object', v_number),
                hint = 'Send {"joined_at": "…", "left_at": "…", "participant_key": "…"}.';
        end if;
        foreach v_field in array array['participant_key', 'participant_email', 'participant_name', 'connection_id'] loop
            if jsonb_typeof(v_stay -> v_field) not in ('string', 'null') then
                raise exception using
                    errcode = '22023',
                    message = format('participants, number %s: %s must be a text', v_number, v_field),
                    hint = 'Leave out what is not known.';
            end if;
        end loop;
        v_times := '{}';
        foreach v_field in array array['joined_at', 'left_at'] loop
            v_times := v_times || private.iso_instant(v_stay ->> v_field);
            if v_times[cardinality(v_times)] is null then
                raise exception using
                    errcode = '22023',
                    message = format('participants, number %s: %s must be an instant', v_number, v_field),
                    hint = 'Send a time such as 2027-03-01T18:00:00Z.';
            end if;
        end loop;
        if v_times[2] < v_times[1] then
            raise exception using
                errcode = '22023',
                message = format('participants, number %s: left_at must not be before joined_at', v_number),
                hint = 'Send when the participant came and when they went.';
        end if;
    end loop;
end
$$;
comment on function private.check_presence_report(jsonb) is
    'Refuses with 22023 what is no array of at most 10,000 stays, and names the stay by its number, from 1.';
revoke execute on function private.check_presence_report(jsonb) from public;

-- People come before the time and talk on after it: whatever happens within an hour of a session belongs to it.
create function private.meeting_sessions(
    platform text,
    meeting_id text,
    from_time timestamptz,
    to_time timestamptz
)
returns setof public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_margin constant interval := interval '1 hour';
    v_key text := case
        when meeting_id ~ '^[0-9 -]+$' then private.meeting_key(meeting_id, null)
        else meeting_id
    end;
begin
    return query
    select session.*
    from public.success_sessions as session
    where
        session.platform = meeting_sessions.platform
        and private.meeting_key(session.zoom_meeting_id, session.platform_data) = v_key
        -- Hours: a session is at most a day long, which the index can use, but not all days have 24 hours.
        and session.start_time between from_time - v_margin - interval '24 hours' and to_time + v_margin
        and session.end_time >= from_time - v_margin
        and session.status <> 'cancelled'
    order by session.start_time, session.id;
end
$$;
comment on function private.meeting_sessions(text, text, timestamptz, timestamptz) is
    'The sessions that use a meeting within a period, an hour before and after included; cancelled ones left out. A meeting that recurs serves several.';
revoke execute on function private.meeting_sessions(text, text, timestamptz, timestamptz) from public;

-- Whoever was there keeps the attendance, though the enrollment has ended since.
create function private.takes_part(session public.success_sessions, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.is_session_learner(session, user_id)
    or exists (
        select from private.presence_events as event
        where event.session_id = session.id and event.user_id = takes_part.user_id
    )
    or exists (
        select from public.session_attendance as attendance
        where attendance.session_id = session.id and attendance.student_id = takes_part.user_id
    );
end
$$;
comment on function private.takes_part(public.success_sessions, uuid) is
    'Whether presence of this user in this session counts: a learner, or somebody who was one when they came.';
revoke execute on function private.takes_part(public.success_sessions, uuid) from public;

create function private.owns_meeting(session public.success_sessions)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.session_meetings as meeting
        where
            meeting.external_id = private.meeting_key(session.zoom_meeting_id, session.platform_data)
            and meeting.platform = session.platform
            and meeting.session_id = session.id
            and meeting.is_wanted
    );
end
$$;
comment on function private.owns_meeting(public.success_sessions) is
    'Whether the platform made the meeting that a session uses for this session; false where somebody entered it.';
revoke execute on function private.owns_meeting(public.success_sessions) from public;

-- The session that something in a meeting belongs to: of those around that time one that the user takes part in, that
-- is on, and else the nearest. What begins between two sessions belongs to the next, what ends there to the last. Of
-- two that are on, the one that the meeting was made for, else the older: ids, which their writers choose, and lengths
-- decide nothing.
create function private.meeting_session(
    platform text,
    meeting_id text,
    occurred_at timestamptz,
    is_beginning boolean,
    user_id uuid default null
)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    select session.* into v_session
    from private.meeting_sessions(platform, meeting_id, occurred_at, occurred_at) as session
    order by
        user_id is not null and private.takes_part(session, user_id) desc,
        occurred_at >= session.start_time and occurred_at < session.end_time desc,
        occurred_at >= session.start_time and occurred_at < session.end_time and private.owns_meeting(session) desc,
        is_beginning = (session.start_time > occurred_at) desc,
        greatest(session.start_time - occurred_at, occurred_at - session.end_time, interval '0'),
        session.created_at,
        session.id
    limit 1;
    return v_session;
end
$$;
comment on function private.meeting_session(text, text, timestamptz, boolean, uuid) is
    'The session that what happens in a meeting belongs to; null where no session uses the meeting around that time.';
revoke execute on function private.meeting_session(text, text, timestamptz, boolean, uuid) from public;

create function private.is_session_staff(session public.success_sessions, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from public.user_roles as held
        where
            held.user_id = is_session_staff.user_id
            and (
                held.role in ('enrollment_manager', 'admin', 'superadmin')
                or (held.role = 'mentor' and (session).mentor_id = is_session_staff.user_id)
            )
    );
end
$$;
comment on function private.is_session_staff(public.success_sessions, uuid) is
    'Whether a user is the session''s host or a manager, whose presence is nobody''s attendance.';
revoke execute on function private.is_session_staff(public.success_sessions, uuid) from public;

-- In a database that sorts in Turkish the lower case of I is ı: of an address it is i all the same.
create function private.lower_address(address text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return lower(translate(btrim(address), 'I', 'i'));
end
$$;
comment on function private.lower_address(text) is
    'A mail address, or the domain of one, in lower case and without blanks around it; null for null.';
revoke execute on function private.lower_address(text) from public;

-- Who a participant of a meeting is: by the key that we gave the platform for them, or, where it tells no key, by a
-- verified address that one account alone has. An address beside a key that is not ours was entered by whoever
-- registered themselves, and may be anybody's. Never by name.
create function private.match_participant(session_ids uuid[], participant_key text, email text)
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_address text := private.lower_address(email);
    v_user_id uuid;
    v_user_ids uuid[];
begin
    select known.user_id into v_user_id
    from private.platform_participants as known
    where known.session_id = any(session_ids) and known.participant_key = match_participant.participant_key
    order by array_position(session_ids, known.session_id)
    limit 1;
    if v_user_id is null
        and participant_key ~* '^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$'
    then
        v_user_id := (select profile.id from public.profiles as profile where profile.id = participant_key::uuid);
    end if;
    if v_user_id is null and coalesce(participant_key, '') = '' and email like '%@%' then
        -- instance_id, which is the same for all users, because Supabase's index is on instance_id and the address. A
        -- database that sorts in Turkish has INFO@ there as ınfo@.
        v_user_ids := array(
            select account.id
            from auth.users as account
            where
                account.instance_id = '00000000-0000-0000-0000-000000000000'
                and lower(account.email) in (v_address, lower(upper(v_address collate "C") collate "default"))
                and private.lower_address(account.email) = v_address
                and account.email_confirmed_at is not null
                and account.deleted_at is null
            limit 2
        );
        if cardinality(v_user_ids) = 1 then
            v_user_id := v_user_ids[1];
        end if;
    end if;
    return v_user_id;
end
$$;
comment on function private.match_participant(uuid[], text, text) is
    'The user that a participant of a meeting is: by a key given out for one of these sessions, by a key that is the user''s id, or, where there is no key, by a verified address; null: not known.';
revoke execute on function private.match_participant(uuid[], text, text) from public;

-- One row per participant and session, however often they come: by the platform's key, else the address, else the
-- device. A name makes two participants one only where the platform tells nothing else.
create function private.queue_participant(
    session_id uuid,
    platform text,
    participant_key text,
    email text,
    full_name text,
    connection_id text
)
returns private.unmatched_participants
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := nullif(btrim(regexp_replace(left(full_name, 200), '[[:cntrl:]]', ' ', 'g')), '');
    v_email text := nullif(private.lower_address(left(email, 320)), '');
    v_identity text := case
        when participant_key <> '' then 'key:' || left(participant_key, 500)
        when v_email is not null then 'email:' || encode(sha256(convert_to(v_email, 'UTF8')), 'hex')
        when connection_id <> '' then 'connection:' || left(connection_id, 500)
        else 'name:' || encode(sha256(convert_to(coalesce(lower(v_name), ''), 'UTF8')), 'hex')
    end;
    v_participant private.unmatched_participants;
begin
    insert into private.unmatched_participants as participant (session_id, platform, identity, full_name, email)
    values (queue_participant.session_id, queue_participant.platform, v_identity, v_name, v_email)
    on conflict on constraint unmatched_participants_session_id_platform_identity_key do update set
        full_name = coalesce(participant.full_name, excluded.full_name),
        email = coalesce(participant.email, excluded.email)
    returning * into v_participant;
    return v_participant;
end
$$;
comment on function private.queue_participant(uuid, text, text, text, text, text) is
    'The participant''s row in the review queue of a session, made where there is none.';
revoke execute on function private.queue_participant(uuid, text, text, text, text, text) from public;

-- Which sessions of a meeting a stay belongs to: those that it reaches into, or else the nearest. Somebody we know
-- belongs to the sessions they take part in, where there are any. Whom we do not know comes with name and address, and
-- is shown to the host whom the meeting was made for rather than to others who use it at the same time.
create function private.sessions_of_stay(
    sessions public.success_sessions[],
    joined_at timestamptz,
    left_at timestamptz,
    user_id uuid
)
returns public.success_sessions[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sessions public.success_sessions[];
begin
    -- Nearly always there is one and nothing to choose, and there may be thousands of stays.
    if cardinality(sessions) = 1 then
        return sessions;
    end if;
    v_sessions := array(
        select session
        from unnest(sessions) as session
        where
            session.start_time <= left_at
            and session.end_time > joined_at
            and case
                when user_id is not null then private.takes_part(session, user_id)
                else private.owns_meeting(session) or not exists (
                    select from unnest(sessions) as own
                    where
                        own.start_time < session.end_time
                        and own.end_time > session.start_time
                        and private.owns_meeting(own)
                )
            end
        order by session.id
    );
    if cardinality(v_sessions) > 0 then
        return v_sessions;
    end if;
    return array(
        select session
        from unnest(sessions) as session
        order by
            user_id is not null and private.takes_part(session, user_id) desc,
            session.start_time <= left_at and session.end_time > joined_at desc,
            session.start_time > joined_at desc,
            greatest(session.start_time - left_at, joined_at - session.end_time),
            private.owns_meeting(session) desc,
            session.created_at,
            session.id
        limit 1
    );
end
$$;
comment on function private.sessions_of_stay(public.success_sessions[], timestamptz, timestamptz, uuid) is
    'Those of the sessions that a stay in their meeting belongs to, at least one unless there are none.';
revoke execute on function private.sessions_of_stay(
    public.success_sessions[], timestamptz, timestamptz, uuid
) from public;

-- Security definer: it is the API of the edge functions; it writes presence, which the service role may not touch. An
-- error makes the platform tell it again. So what telling it again would not change, an unknown meeting for one, is
-- answered as an outcome.
create function public.record_presence(
    platform text,
    event_id text,
    meeting_id text,
    kind text,
    occurred_at timestamptz,
    participant_key text default null,
    participant_email text default null,
    participant_name text default null,
    connection_id text default null
)
returns public.presence_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.presence_receipt;
    v_session public.success_sessions;
    v_participant private.unmatched_participants;
    v_user_id uuid;
begin
    perform private.check_meeting_event(platform, 'event_id', event_id, meeting_id);
    perform private.check_meeting_time('occurred_at', occurred_at);
    if kind is null or kind not in ('join', 'leave') then
        raise exception using
            errcode = '22023',
            message = format('kind must be join or leave, not %s', coalesce(quote_literal(left(kind, 50)), 'null')),
            hint = 'The end of a meeting is told with end_meeting.';
    end if;

    v_user_id := private.match_participant(
        array(
            select session.id
            from private.meeting_sessions(platform, meeting_id, occurred_at, occurred_at) as session
        ),
        participant_key,
        participant_email
    );
    v_session := private.meeting_session(platform, meeting_id, occurred_at, kind = 'join', v_user_id);
    if v_session.id is null then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;
    v_receipt.session_id := v_session.id;

    if v_user_id is not null and not private.takes_part(v_session, v_user_id) then
        if private.is_session_staff(v_session, v_user_id) then
            if kind = 'join' and v_session.mentor_id = v_user_id then
                perform private.note_host_presence(v_session.id, v_user_id, occurred_at);
            end if;
            v_receipt.outcome := 'staff';
            return v_receipt;
        end if;
        v_user_id := null;
    end if;

    perform private.take_presence_turn(
        v_session.id,
        coalesce(v_user_id::text, participant_key, participant_email, participant_name, '')
    );
    if exists (
        select from private.presence_events as event
        where event.platform = record_presence.platform and event.event_id = record_presence.event_id
    ) then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    if v_user_id is null then
        v_participant := private.queue_participant(
            v_session.id, platform, participant_key, participant_email, participant_name, connection_id
        );
    end if;
    insert into private.presence_events
    (session_id, user_id, unmatched_id, kind, occurred_at, source, platform, event_id, connection_id)
    values (
        v_session.id,
        v_user_id,
        v_participant.id,
        kind::private.presence_kind,
        occurred_at,
        'platform',
        platform,
        event_id,
        left(connection_id, 500)
    )
    on conflict do nothing;
    if not found then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    v_receipt.student_id := coalesce(v_user_id, v_participant.student_id);
    v_receipt.participant_id := v_participant.id;
    v_receipt.outcome := case
        when v_receipt.student_id is null then 'unmatched'::public.presence_outcome
        else 'recorded'
    end;
    if v_receipt.student_id is not null then
        perform private.refresh_attendance(v_session, v_receipt.student_id);
    end if;
    return v_receipt;
end
$$;
comment on function public.record_presence(text, text, text, text, timestamptz, text, text, text, text) is
    'For edge functions: a participant came into a meeting or left it (kind join, leave). Idempotent by platform and event_id, in any order: attendance follows the time of the event. participant_key is the user''s id (with or without dashes) or a registrant''s key; without any key a verified address names the participant, never the name: those wait in the review queue, as do keys that nobody was given. connection_id tells devices apart. Errors: 22023 unknown platform, kind, missing id or time.';
revoke execute on function public.record_presence(
    text, text, text, text, timestamptz, text, text, text, text
) from public, anon, authenticated, service_role;
grant execute on function public.record_presence(text, text, text, text, timestamptz, text, text, text, text)
to service_role;

-- Security definer: it is the API of the edge functions; it writes presence, which the service role may not touch.
create function public.end_meeting(platform text, event_id text, meeting_id text, occurred_at timestamptz)
returns public.presence_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.presence_receipt;
    v_session public.success_sessions;
    v_made_id uuid;
begin
    perform private.check_meeting_event(platform, 'event_id', event_id, meeting_id);
    perform private.check_meeting_time('occurred_at', occurred_at);

    -- A meeting that the platform made for a session is that session's, however late it ends. If the session is
    -- completed, the platform's report is fetched once more; if not, it is planned when the session is completed. The
    -- rows of session and meeting are locked in this order, and before the presence turn.
    select meeting.id into v_made_id
    from public.session_meetings as meeting
    inner join public.success_sessions as session on meeting.session_id = session.id
    where
        meeting.external_id in (end_meeting.meeting_id, private.meeting_key(end_meeting.meeting_id, null))
        and meeting.platform = end_meeting.platform
        and meeting.is_wanted
        and session.status = 'completed'
        and not exists (
            select from private.presence_events as event
            where event.platform = end_meeting.platform and event.event_id = end_meeting.event_id
        )
    for key share of session;
    if found then
        perform private.expect_meeting_report(v_made_id);
    end if;

    v_session := private.meeting_session(platform, meeting_id, occurred_at, false);
    if v_session.id is null then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;
    v_receipt.session_id := v_session.id;

    perform private.take_presence_turn(v_session.id);
    insert into private.presence_events (session_id, kind, occurred_at, source, platform, event_id)
    values (v_session.id, 'end', occurred_at, 'platform', platform, event_id)
    on conflict do nothing;
    if found then
        v_receipt.outcome := 'recorded';
        perform private.refresh_attendance(v_session);
    else
        v_receipt.outcome := 'duplicate';
    end if;
    return v_receipt;
end
$$;
comment on function public.end_meeting(text, text, text, timestamptz) is
    'For edge functions: the platform closed a meeting, and with it everybody''s open presence. The session goes on until its end or until a person ends it: whoever comes back is present again. If the session is over by then, the platform''s report is fetched once more. Idempotent by platform and event_id. Errors: 22023 unknown platform, missing id or time.';
revoke execute on function public.end_meeting(text, text, text, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.end_meeting(text, text, text, timestamptz) to service_role;

-- Security definer: it is the API of the edge functions; it writes presence, which the service role may not touch.
create function public.reconcile_presence(
    platform text,
    report_id text,
    meeting_id text,
    started_at timestamptz,
    ended_at timestamptz,
    participants jsonb
)
returns public.presence_report_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.presence_report_receipt;
    v_sessions public.success_sessions[];
    v_targets public.success_sessions[];
    v_session public.success_sessions;
    v_reports jsonb := '{}'::jsonb;
    v_digest text;
    v_stay record;
    v_user_id uuid;
    v_participant private.unmatched_participants;
begin
    perform private.check_meeting_event(platform, 'report_id', report_id, meeting_id);
    perform private.check_meeting_time('started_at', started_at);
    perform private.check_meeting_time('ended_at', ended_at);
    if ended_at < started_at then
        raise exception using
            errcode = '22023',
            message = 'ended_at must not be before started_at',
            hint = 'Send when the meeting began and when it ended.';
    end if;
    perform private.check_presence_report(participants);

    -- The sessions' rows are locked before their presence turns. Whoever edits a series writes its sessions one by one,
    -- each with its presence turn and its statistics: without the row locks the two could wait for each other.
    v_sessions := array(
        select session
        from public.success_sessions as session
        where
            session.id = any(
                array(
                    select found.id
                    from private.meeting_sessions(
                        reconcile_presence.platform, meeting_id, started_at, ended_at
                    ) as found
                )
            )
        order by session.id
        for no key update
    );
    v_receipt.session_ids := array(select session.id from unnest(v_sessions) as session);
    v_receipt.recorded := 0;
    v_receipt.unmatched := 0;
    if cardinality(v_sessions) = 0 then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;

    foreach v_session in array v_sessions loop
        perform private.take_presence_turn(v_session.id);
    end loop;
    v_digest := encode(
        sha256(convert_to(jsonb_build_array(started_at, ended_at, participants, v_receipt.session_ids)::text, 'UTF8')),
        'hex'
    );
    if not exists (
        select from unnest(v_receipt.session_ids) as wanted (id)
        where (
            select report.digest
            from private.presence_reports as report
            where
                report.session_id = wanted.id
                and report.platform = reconcile_presence.platform
                and report.report_id = reconcile_presence.report_id
            order by report.id desc
            limit 1
        ) is distinct from v_digest
    ) then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    with
    told as (
        insert into private.presence_reports as report
        (session_id, platform, report_id, started_at, ended_at, digest)
        select wanted.id, platform, report_id, started_at, ended_at, v_digest
        from unnest(v_receipt.session_ids) as wanted (id)
        returning report.session_id, report.id
    )

    select jsonb_object_agg(told.session_id, told.id) into v_reports from told;

    for v_stay in
        select
            row_number() over (
                order by told.joined_at, told.left_at, told.participant_key, told.participant_email,
                told.participant_name, told.connection_id
            ) as number,
            told.*
        from jsonb_to_recordset(participants) as told (
            joined_at timestamptz,
            left_at timestamptz,
            participant_key text,
            participant_email text,
            participant_name text,
            connection_id text
        )
        order by number
    loop
        v_user_id := private.match_participant(
            v_receipt.session_ids, v_stay.participant_key, v_stay.participant_email
        );
        v_targets := private.sessions_of_stay(v_sessions, v_stay.joined_at, v_stay.left_at, v_user_id);
        foreach v_session in array v_targets loop
            v_participant := null;
            if v_user_id is null or not private.takes_part(v_session, v_user_id) then
                if v_user_id is not null and private.is_session_staff(v_session, v_user_id) then
                    if v_session.mentor_id = v_user_id then
                        perform private.note_host_presence(v_session.id, v_user_id, v_stay.joined_at);
                    end if;
                    continue;
                end if;
                v_participant := private.queue_participant(
                    v_session.id,
                    platform,
                    v_stay.participant_key,
                    v_stay.participant_email,
                    v_stay.participant_name,
                    v_stay.connection_id
                );
            end if;
            insert into private.presence_events
            (session_id, user_id, unmatched_id, kind, occurred_at, source, platform, connection_id, report_id)
            select
                v_session.id,
                case when v_participant.id is null then v_user_id end,
                v_participant.id,
                step.kind,
                step.occurred_at,
                'platform',
                platform,
                v_stay.number::text,
                (v_reports ->> v_session.id::text)::bigint
            from (
                values
                ('join'::private.presence_kind, v_stay.joined_at),
                ('leave'::private.presence_kind, v_stay.left_at)
            ) as step (kind, occurred_at);
            if v_participant.id is null or v_participant.student_id is not null then
                v_receipt.recorded := v_receipt.recorded + 1;
            else
                v_receipt.unmatched := v_receipt.unmatched + 1;
            end if;
        end loop;
    end loop;

    foreach v_session in array v_sessions loop
        perform private.refresh_attendance(v_session);
    end loop;
    v_receipt.outcome := 'recorded';
    return v_receipt;
end
$$;
comment on function public.reconcile_presence(text, text, text, timestamptz, timestamptz, jsonb) is
    'For edge functions: the platform''s report after a meeting, the last word on who was there from started_at to ended_at, whatever webhooks told or failed to tell. participants is an array of at most 10,000 stays, {"joined_at", "left_at", "participant_key", "participant_email", "participant_name", "connection_id"}, matched as by record_presence. The same report again changes nothing; another one with the same report_id takes its place. Errors: 22023 unknown platform, missing id or time, or a stay that is not one (its number is named).';
revoke execute on function public.reconcile_presence(
    text, text, text, timestamptz, timestamptz, jsonb
) from public, anon, authenticated, service_role;
grant execute on function public.reconcile_presence(text, text, text, timestamptz, timestamptz, jsonb)
to service_role;

-- == The review queue ================================================================================================

-- Security definer: it is the API; it shows host and managers of what the caller may not read.
create function public.unmatched_participants(session_id uuid default null)
returns setof public.unmatched_participant
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_most constant integer := 500;
    v_session_ids uuid[];
begin
    if session_id is not null then
        perform private.check_session_staff(private.visible_session(session_id));
        v_session_ids := array[session_id];
    elsif private.is_manager() then
        v_session_ids := array(
            select distinct latest.session_id
            from (
                select waiting.session_id
                from private.unmatched_participants as waiting
                where waiting.status = 'waiting'
                order by waiting.created_at desc
                limit v_most
            ) as latest
        );
    else
        v_session_ids := array(
            select hosted.id
            from public.success_sessions as hosted
            where
                hosted.id = any(private.my_hosted_session_ids())
                and exists (
                    -- As text: else an index of all that wait would do for it, too.
                    select from private.unmatched_participants as waiting
                    where waiting.session_id = hosted.id and waiting.status::text = 'waiting'
                    offset 0
                )
        );
    end if;
    -- Whom a report has shown to be somebody else is not listed: none of their events is believed any more.
    return query
    with
    seen as materialized (
        select
            session.id as session_id,
            session.title,
            session.start_time,
            event.unmatched_id,
            min(event.occurred_at) as first_seen_at,
            max(event.occurred_at) as last_seen_at
        from public.success_sessions as session
        cross join lateral private.believed_presence(session) as event
        where session.id = any(v_session_ids) and event.unmatched_id is not null
        group by session.id, event.unmatched_id
    )

    select
        participant.id,
        seen.session_id,
        seen.title,
        seen.start_time,
        participant.platform,
        participant.full_name,
        participant.email,
        seen.first_seen_at,
        seen.last_seen_at,
        participant.status::text,
        participant.student_id,
        participant.decided_by,
        participant.decided_at
    from seen
    cross join lateral (
        select listed.*
        from private.unmatched_participants as listed
        where listed.id = seen.unmatched_id
        offset 0
    ) as participant
    where unmatched_participants.session_id is not null or participant.status = 'waiting'
    order by seen.start_time desc, seen.first_seen_at, participant.id
    limit v_most;
end
$$;
comment on function public.unmatched_participants(uuid) is
    'The review queue: participants of a session''s meeting whom no key and no verified address names, decided ones too; without session_id those that wait in all sessions of the caller, the latest 500; for others none. Host and managers. Errors, where a session is named: PT404 unknown or not visible; 42501 for everybody else.';
revoke execute on function public.unmatched_participants(uuid) from public, anon, authenticated, service_role;
grant execute on function public.unmatched_participants(uuid) to authenticated;

-- The door of what host and managers decide about a participant of the review queue; nobody else decides meanwhile.
-- Unknown and invisible get the same answer after the same work.
create function private.lock_participant(participant_id uuid)
returns private.unmatched_participants
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_session_id uuid;
    v_participant private.unmatched_participants;
begin
    v_session_id := (
        select participant.session_id
        from private.unmatched_participants as participant
        where participant.id = lock_participant.participant_id
    );
    perform
    from public.success_sessions as session
    where
        session.id = coalesce(v_session_id, participant_id)
        and session.host_key between v_hosts_from and v_hosts_to;
    -- Where the id is unknown, the session was looked for all the same, so that the answer takes as long.
    if not found or v_session_id is null then
        raise exception using
            errcode = 'PT404',
            message = format(
                'participant_id %s is unknown or not visible to you',
                coalesce(lock_participant.participant_id::text, 'null')
            ),
            hint = 'Send the participant_id of a row of unmatched_participants.';
    end if;
    perform private.take_presence_turn(v_session_id);
    select participant.* into v_participant
    from private.unmatched_participants as participant
    where participant.id = lock_participant.participant_id
    for no key update;
    return v_participant;
end
$$;
comment on function private.lock_participant(uuid) is
    'A participant of the review queue, and the turn of the session''s presence, for its host and managers; PT404 for everybody else.';
revoke execute on function private.lock_participant(uuid) from public;

-- Writes a decision, works out anew whose attendance it changes, and says so in the audit log, without name or address.
create function private.decide_participant(
    participant private.unmatched_participants,
    status private.review_status,
    student_id uuid,
    action text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_student_id uuid;
begin
    if (participant.status, participant.student_id) is not distinct from (status, student_id) then
        return;
    end if;
    update private.unmatched_participants as decided
    set
        status = decide_participant.status,
        student_id = decide_participant.student_id,
        decided_by = case when decide_participant.status <> 'waiting' then auth.uid() end,
        decided_at = case when decide_participant.status <> 'waiting' then clock_timestamp() end
    where decided.id = participant.id;

    insert into public.audit_log (action, table_name, row_key, session_id, user_id, old, new)
    values (
        decide_participant.action,
        'unmatched_participants',
        jsonb_build_object('id', participant.id),
        participant.session_id,
        coalesce(decide_participant.student_id, participant.student_id),
        jsonb_strip_nulls(jsonb_build_object('status', participant.status, 'student_id', participant.student_id)),
        jsonb_strip_nulls(jsonb_build_object('status', status, 'student_id', student_id))
    );

    select session.* into v_session
    from public.success_sessions as session
    where session.id = participant.session_id;
    foreach v_student_id in array array_remove(array[participant.student_id, student_id], null) loop
        perform private.refresh_attendance(v_session, v_student_id);
    end loop;
end
$$;
comment on function private.decide_participant(private.unmatched_participants, private.review_status, uuid, text) is
    'Decides about a participant, whom the caller has locked; the attendance of the students concerned follows.';
revoke execute on function private.decide_participant(
    private.unmatched_participants, private.review_status, uuid, text
) from public;

-- Security definer: it is the API; it writes what the caller may not touch.
create function public.link_participant(participant_id uuid, student_id uuid)
returns public.session_attendance
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_participant private.unmatched_participants := private.lock_participant(participant_id);
    v_attendance public.session_attendance;
begin
    if student_id is null then
        perform private.decide_participant(v_participant, 'waiting', null, 'link_participant');
        return null;
    end if;
    if not coalesce(
        (
            select private.takes_part(session, link_participant.student_id)
            from public.success_sessions as session
            where session.id = v_participant.session_id
        ),
        false
    ) then
        raise exception using
            errcode = '22023',
            message = format('student_id %s does not take part in this session', student_id),
            hint = 'Send the student_id of a row of session_roster.';
    end if;
    perform private.decide_participant(v_participant, 'linked', student_id, 'link_participant');
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where
        attendance.session_id = v_participant.session_id
        and attendance.student_id = link_participant.student_id;
    return v_attendance;
end
$$;
comment on function public.link_participant(uuid, uuid) is
    'Say which student a participant of the review queue was; the attendance follows and is answered. Another student_id corrects it, null puts the participant back into the queue. Audited. Host and managers. Errors: PT404 unknown or not visible; 22023 the student does not take part in the session.';
revoke execute on function public.link_participant(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.link_participant(uuid, uuid) to authenticated;

-- Security definer: it is the API; it writes what the caller may not touch.
create function public.dismiss_participant(participant_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.decide_participant(
        private.lock_participant(participant_id), 'dismissed', null, 'dismiss_participant'
    );
end
$$;
comment on function public.dismiss_participant(uuid) is
    'Say that a participant of the review queue counts for nobody, such as a guest. link_participant undoes it. Audited. Host and managers. Errors: PT404 unknown or not visible.';
revoke execute on function public.dismiss_participant(uuid) from public, anon, authenticated, service_role;
grant execute on function public.dismiss_participant(uuid) to authenticated;

-- Names and addresses of participants nobody knew are needed to say who it was, and by nobody a month later. What they
-- counted for stays.
create function private.forget_participants()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_forgotten integer;
begin
    update private.unmatched_participants as participant
    set identity = null, full_name = null, email = null
    where participant.id = any(
        array(
            select old.id
            from private.unmatched_participants as old
            where
                old.identity is not null
                and old.created_at < (
                    select clock_timestamp() - make_interval(days => settings.unmatched_retention_days)
                    from public.app_settings as settings
                )
            order by old.created_at
            limit 1000
            for no key update skip locked
        )
    );
    get diagnostics v_forgotten = row_count;
    return v_forgotten;
end
$$;
comment on function private.forget_participants() is
    'Deletes names, addresses and keys of up to 1,000 participants of the review queue that are older than app_settings.unmatched_retention_days; how many.';
revoke execute on function private.forget_participants() from public;

-- == Checking in =====================================================================================================

-- A time-based one-time password (RFC 6238 over RFC 4226, with SHA-256): six digits of the digest of the period.
create function private.check_in_code(key bytea, period bigint)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_digest bytea := extensions.hmac(int8send(period), key, 'sha256');
    v_offset integer := get_byte(v_digest, 31) & 15;
    v_number bigint := ((get_byte(v_digest, v_offset) & 127)::bigint << 24)
        | (get_byte(v_digest, v_offset + 1) << 16)
        | (get_byte(v_digest, v_offset + 2) << 8)
        | get_byte(v_digest, v_offset + 3);
begin
    return lpad((v_number % 1000000)::text, 6, '0');
end
$$;
comment on function private.check_in_code(bytea, bigint) is 'The six digits of a session''s key in a period of time.';
revoke execute on function private.check_in_code(bytea, bigint) from public;

-- Security definer: it is the API; it makes the session's key, which nobody may read.
create function public.show_check_in_code(session_id uuid)
returns public.check_in_code
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_seconds integer := (select settings.check_in_code_seconds from public.app_settings as settings);
    v_period bigint;
    v_code public.check_in_code;
begin
    perform private.check_session_staff(v_session);
    perform private.check_not_over(v_session);
    perform private.check_joining_is_open(v_session);
    insert into private.check_in_keys (session_id) values (v_session.id) on conflict do nothing;

    v_period := floor(extract(epoch from clock_timestamp()) / v_seconds)::bigint;
    v_code.session_id := v_session.id;
    v_code.code := (
        select private.check_in_code(held.key, v_period)
        from private.check_in_keys as held
        where held.session_id = v_session.id
    );
    v_code.valid_until := to_timestamp((v_period + 1) * v_seconds);
    return v_code;
end
$$;
comment on function public.show_check_in_code(uuid) is
    'The code to show in a room without a video platform, while students can join: they send it with check_in. Another one every app_settings.check_in_code_seconds. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else; PT409 cancelled, over, or before the window.';
revoke execute on function public.show_check_in_code(uuid) from public, anon, authenticated, service_role;
grant execute on function public.show_check_in_code(uuid) to authenticated;

-- A wrong code is an answer, not an error: an error would roll back the count of wrong codes, and with it the limit.
-- Security definer: it is the API; it reads the session's key and writes presence, which the caller may not touch.
create function public.check_in(session_id uuid, code text)
returns public.check_in_result
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_wrong constant integer := 5;
    v_pause constant interval := interval '5 minutes';
    v_now timestamptz := clock_timestamp();
    v_session public.success_sessions := private.visible_session(session_id);
    v_seconds integer := (select settings.check_in_code_seconds from public.app_settings as settings);
    v_period bigint := floor(extract(epoch from v_now) / v_seconds)::bigint;
    -- As somebody typed or pasted it: 123 456, 123-456, with blanks of whatever kind.
    v_code text := regexp_replace(code, '[^0-9]', '', 'g');
    v_guesses private.check_in_guesses;
    v_result public.check_in_result;
begin
    if not private.is_session_learner(v_session, auth.uid()) then
        raise exception using
            errcode = '42501',
            message = 'only those who take part in a session as students check in',
            hint = 'Host and managers have no attendance; show_check_in_code shows the code.';
    end if;
    perform private.check_not_over(v_session);
    perform private.check_seat(v_session);
    perform private.check_joining_is_open(v_session);

    perform private.check_plain_answer();
    -- This locks the student's row, so that guesses sent at once go one after the other, and all are counted.
    insert into private.check_in_guesses as counted (session_id, user_id)
    values (v_session.id, auth.uid())
    on conflict on constraint check_in_guesses_pkey do update set
        wrong = case when counted.since > v_now - v_pause then counted.wrong else 0 end,
        since = case when counted.since > v_now - v_pause then counted.since else v_now end
    returning * into v_guesses;
    v_result.guesses_left := v_max_wrong - v_guesses.wrong;

    select attendance.status into v_result.attendance_status
    from public.session_attendance as attendance
    where
        attendance.session_id = v_session.id
        and attendance.student_id = auth.uid()
        and attendance.joined_at is not null
        and attendance.left_at is null;
    if found then
        -- Whoever is present already needs no code.
        v_result.is_accepted := true;
        return v_result;
    end if;

    if v_guesses.wrong >= v_max_wrong then
        raise exception using
            errcode = 'PT409',
            message = 'too many wrong codes',
            detail = 'the next one is taken at ' || private.utc_text(v_guesses.since + v_pause),
            hint = 'Ask the host, who may mark you present.';
    end if;

    -- The last one still counts: it may have been on the screen when the student began to type.
    v_result.is_accepted := exists (
        select from private.check_in_keys as held
        where
            held.session_id = v_session.id
            and v_code in (
                private.check_in_code(held.key, v_period), private.check_in_code(held.key, v_period - 1)
            )
    );
    if not v_result.is_accepted then
        update private.check_in_guesses as counted
        set wrong = counted.wrong + 1
        where counted.session_id = v_session.id and counted.user_id = auth.uid();
        v_result.guesses_left := v_result.guesses_left - 1;
        return v_result;
    end if;
    perform private.note_presence(v_session, auth.uid(), 'join');
    select attendance.status into v_result.attendance_status
    from public.session_attendance as attendance
    where attendance.session_id = v_session.id and attendance.student_id = auth.uid();
    return v_result;
end
$$;
comment on function public.check_in(uuid, text) is
    'Be present in a room without a video platform, by the code that the host shows there. A wrong code is answered with is_accepted false; after five within five minutes the caller has to wait. Safe to repeat; leave_session ends the presence. Errors: PT404 unknown or not visible; 42501 for host and managers; PT409 cancelled, over, without a seat where registration is required, before the window, or too many wrong codes (the detail says until when).';
revoke execute on function public.check_in(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.check_in(uuid, text) to authenticated;

-- == Attendance by hand ==============================================================================================

create function private.check_marking(session public.success_sessions, is_in_advance boolean)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            message = 'this session was cancelled',
            detail = coalesce(session.cancel_reason, 'no reason was given'),
            hint = 'Nobody was expected there.';
    end if;
    if is_in_advance is not true
        and session.status = 'upcoming'
        and clock_timestamp() < private.join_opens_at(session.start_time)
    then
        raise exception using
            errcode = 'PT409',
            message = 'nobody can have been there yet',
            detail = 'joining opens at ' || private.utc_text(private.join_opens_at(session.start_time)),
            hint = 'Until then mark_attendance takes excused only.';
    end if;
end
$$;
comment on function private.check_marking(public.success_sessions, boolean) is
    'Refuses with PT409 marks in a session that is cancelled, or, unless they are made in advance, not open yet.';
revoke execute on function private.check_marking(public.success_sessions, boolean) from public;

-- Security definer: it is the API; it writes what the caller may only read.
create function public.mark_attendance(
    session_id uuid,
    student_id uuid,
    status public.attendance_status,
    note text default null
)
returns public.session_attendance
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_attendance public.session_attendance;
begin
    perform private.check_session_staff(v_session);
    -- What may be marked in advance may be taken back in advance.
    perform private.check_marking(v_session, coalesce(status = 'excused', true));
    if student_id is null or not private.takes_part(v_session, student_id) then
        raise exception using
            errcode = '22023',
            message = format('student_id %s does not take part in this session', coalesce(student_id::text, 'null')),
            hint = 'Send the student_id of a row of session_roster.';
    end if;

    if status is null and private.presence_is_forgotten(v_session) then
        raise exception using
            errcode = 'PT409',
            message = 'this session is so long ago that nobody knows any more who came',
            hint = 'Send the status that it shall be.';
    end if;

    perform private.take_presence_turn(v_session.id, student_id::text);
    -- Read again under the turn: the session may have been completed meanwhile.
    v_session := private.visible_session(session_id);
    if status is not null then
        insert into public.session_attendance as attendance
        (session_id, student_id, status, source, marked_by, note)
        values (
            v_session.id,
            mark_attendance.student_id,
            mark_attendance.status,
            'manual',
            auth.uid(),
            nullif(btrim(mark_attendance.note), '')
        )
        on conflict on constraint session_attendance_pkey do update set
            status = excluded.status,
            source = excluded.source,
            marked_by = excluded.marked_by,
            note = excluded.note,
            updated_at = clock_timestamp();
    else
        -- Back to what presence says.
        delete from public.session_attendance as attendance
        where attendance.session_id = v_session.id and attendance.student_id = mark_attendance.student_id;
        perform private.refresh_attendance(v_session, student_id);
        -- Who had no seat could not come and is not absent.
        if v_session.status = 'completed' and private.has_seat(v_session, student_id) then
            insert into public.session_attendance (session_id, student_id, status, source)
            values (
                v_session.id,
                mark_attendance.student_id,
                private.absence(v_session.id, mark_attendance.student_id),
                'join'
            )
            on conflict do nothing;
        end if;
    end if;
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where attendance.session_id = v_session.id and attendance.student_id = mark_attendance.student_id;
    return v_attendance;
end
$$;
comment on function public.mark_attendance(uuid, uuid, public.attendance_status, text) is
    'Say by hand whether a student was there, with a note; from then on nothing automatic changes it. status null takes the mark back: what presence says counts again. Host and managers, once joining is open; excused, and taken back, at any time. Audited with actor, old, new and note. Errors: PT404 unknown or not visible; 42501 for everybody else; 22023 the student does not take part, or the note is longer than 1,000 characters; PT409 cancelled, too early (the detail says until when), or, for null, so long ago that presence is deleted.';
revoke execute on function public.mark_attendance(uuid, uuid, public.attendance_status, text)
from public, anon, authenticated, service_role;
grant execute on function public.mark_attendance(uuid, uuid, public.attendance_status, text) to authenticated;

-- Every row by itself, so that the report can name all that is wrong at once. An address is looked for among those who
-- take part, so that nothing is learned of anybody else.
create function private.read_attendance_rows(session public.success_sessions, rows jsonb)
returns table (number integer, student_id uuid, status public.attendance_status, note text, problem text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with
    learner as materialized (
        select
            listed.user_id,
            (
                select private.lower_address(account.email)
                from auth.users as account
                where account.id = listed.user_id
            ) as email
        from (
            select part.user_id
            from private.session_learners(session) as part
            union
            select attendance.student_id
            from public.session_attendance as attendance
            where attendance.session_id = session.id
        ) as listed
    ),

    -- Joined by equality, and not looked for row by row: thousands of rows are as many learners.
    known as (
        select
            'student_id' as key_name,
            learner.user_id::text as key,
            array[learner.user_id] as user_ids
        from learner
        union all
        select
            'email',
            learner.email,
            array_agg(learner.user_id order by learner.user_id)
        from learner
        group by learner.email
    ),

    told as (
        select
            element.number,
            element.fields,
            case when element.fields ->> 'student_id' is null then 'email' else 'student_id' end as key_name,
            coalesce(
                lower(element.fields ->> 'student_id'), private.lower_address(element.fields ->> 'email')
            ) as key
        from (
            -- A cell of a spreadsheet that is empty, or nothing but blanks, says nothing.
            select
                listed.ordinality::integer as number,
                (
                    select jsonb_object_agg(cell.key, btrim(cell.value))
                    from jsonb_each_text(
                        case when jsonb_typeof(listed.value) = 'object' then listed.value else '{}' end
                    ) as cell
                    where btrim(cell.value) <> ''
                ) as fields
            from jsonb_array_elements(rows) with ordinality as listed
        ) as element
    ),

    found as (
        select
            told.number,
            told.fields,
            coalesce(known.user_ids, '{}') as user_ids,
            array(
                select label
                from unnest(enum_range(null::public.attendance_status)) as label
                -- Whatever the database sorts by: in Turkish PARTIAL were not partial.
                where label::text = lower(told.fields ->> 'status' collate "C")
            ) as statuses
        from told
        left join known on told.key_name = known.key_name and told.key = known.key
    )

    select
        found.number,
        found.user_ids[1],
        found.statuses[1],
        found.fields ->> 'note',
        case
            when num_nonnulls(found.fields ->> 'student_id', found.fields ->> 'email') <> 1
                then 'needs either student_id or email'
            when cardinality(found.statuses) = 0
                then 'status must be present, late, partial, absent or excused'
            when cardinality(found.user_ids) <> 1 then 'nobody who takes part in this session'
            when char_length(found.fields ->> 'note') > 1000 then 'note must be at most 1,000 characters'
            when
                count(*) over (partition by found.user_ids[1] order by found.number) > 1
                then 'the same student as in an earlier row'
        end
    from found
    order by found.number;
end
$$;
comment on function private.read_attendance_rows(public.success_sessions, jsonb) is
    'The rows of import_attendance: whose they are, what they say, and what is wrong with them (null: nothing).';
revoke execute on function private.read_attendance_rows(public.success_sessions, jsonb) from public;

-- Security definer: it is the API; it writes what the caller may only read.
create function public.import_attendance(session_id uuid, rows jsonb, all_or_nothing boolean default false)
returns setof public.attendance_import_row
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_max_rows constant integer := 5000;
    v_session public.success_sessions := private.visible_session(session_id);
    v_report public.attendance_import_row[];
    v_notes text [];
begin
    perform private.check_session_staff(v_session);
    perform private.check_marking(v_session, false);
    if jsonb_typeof(rows) is distinct from 'array' or jsonb_array_length(rows) > v_max_rows then
        raise exception using
            errcode = '22023',
            message = format('rows must be an array of at most %s rows', v_max_rows),
            hint = 'Send [{"email": "…", "status": "present", "note": "…"}, …], or student_id instead of email.';
    end if;

    perform private.take_presence_turn(v_session.id);
    select
        array_agg(
            row(found.number, found.problem is null, found.student_id, found.status, found.problem)
            ::public.attendance_import_row
            order by found.number
        ),
        array_agg(found.note order by found.number)
    into v_report, v_notes
    from private.read_attendance_rows(v_session, rows) as found;

    if all_or_nothing is true and exists (select from unnest(v_report) as line where not line.is_accepted) then
        return query
        select
            line.number,
            false,
            line.student_id,
            line.status,
            coalesce(line.problem, 'not written, because other rows are wrong')
        from unnest(v_report) as line
        order by line.number;
        return;
    end if;

    insert into public.session_attendance as attendance (session_id, student_id, status, source, marked_by, note)
    select
        v_session.id,
        line.student_id,
        line.status,
        'import',
        auth.uid(),
        v_notes[line.number]
    from unnest(v_report) as line
    where line.is_accepted
    order by line.student_id
    on conflict on constraint session_attendance_pkey do update set
        status = excluded.status,
        source = excluded.source,
        marked_by = excluded.marked_by,
        note = excluded.note,
        updated_at = clock_timestamp();
    return query select * from unnest(v_report);
end
$$;
comment on function public.import_attendance(uuid, jsonb, boolean) is
    'Marks many by hand: rows is an array of at most 5,000 {"student_id" or "email", "status", "note"}. Answers a line per row: whether it was written, and what is wrong with it; all_or_nothing: none is written unless all are right. Outranks automatic values as mark_attendance does, and is audited alike. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else; 22023 rows is no such array; PT409 cancelled, or too early.';
revoke execute on function public.import_attendance(uuid, jsonb, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.import_attendance(uuid, jsonb, boolean) to authenticated;

-- Security definer: it is the API; it shows the host names, which profiles shows to managers only.
create function public.session_roster(session_id uuid)
returns setof public.roster_entry
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
begin
    perform private.check_session_staff(v_session);
    return query
    with
    listed as materialized (
        select
            part.user_id,
            bool_or(part.is_learner) as is_learner
        from (
            select
                learner.user_id,
                true as is_learner
            from private.session_learners(v_session) as learner
            union all
            select
                attendance.student_id,
                false
            from public.session_attendance as attendance
            where attendance.session_id = v_session.id
        ) as part
        group by part.user_id
    ),

    course_session as materialized (
        select held.id
        from public.success_sessions as held
        where held.course_id = v_session.course_id and held.status = 'completed'
    ),

    -- Look-ups: for joins the planner might read everybody's attendance. Which of it is of the course is asked of a
    -- list of the course's sessions, hashed once, since students are in other courses, too; in the list of columns it
    -- is no join, for which the planner might search the list row by row.
    rate as (
        select
            listed.user_id as student_id,
            count(*) filter (where record.status in ('present', 'late', 'partial'))::numeric / count(*) as attended
        from listed
        cross join lateral (
            select
                own.status,
                own.session_id in (select course_session.id from course_session) as is_of_course
            from public.session_attendance as own
            where own.student_id = listed.user_id and own.status <> 'excused'
            offset 0
        ) as record
        where record.is_of_course
        group by listed.user_id
    )

    select
        listed.user_id,
        (select profile.full_name from public.profiles as profile where profile.id = listed.user_id) as full_name,
        listed.is_learner,
        registration.status,
        attendance.status,
        attendance.joined_at,
        attendance.left_at,
        attendance.minutes_present,
        attendance.source,
        attendance.note,
        excuse.status,
        excuse.reason,
        round(rate.attended, 3)
    from listed
    left join rate on listed.user_id = rate.student_id
    left join public.session_registrations as registration
        on registration.session_id = v_session.id and listed.user_id = registration.student_id
    left join public.session_attendance as attendance
        on attendance.session_id = v_session.id and listed.user_id = attendance.student_id
    left join public.session_excuses as excuse
        on excuse.session_id = v_session.id and listed.user_id = excuse.student_id
    order by full_name, listed.user_id;
end
$$;
comment on function public.session_roster(uuid) is
    'The attendee list of a session, by name: everybody who takes part or was there, with registration, attendance, minutes, wish to be excused, and the share of the course''s sessions so far that they attended. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else.';
revoke execute on function public.session_roster(uuid) from public, anon, authenticated, service_role;
grant execute on function public.session_roster(uuid) to authenticated;

create function private.check_excuse_time(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if session.status = 'cancelled' then
        raise exception using
            errcode = 'PT409',
            message = 'this session was cancelled',
            detail = coalesce(session.cancel_reason, 'no reason was given'),
            hint = 'Nobody is expected there.';
    end if;
    if session.status <> 'upcoming' or clock_timestamp() >= session.start_time then
        raise exception using
            errcode = 'PT409',
            message = 'this session has begun',
            detail = 'its start_time is ' || private.utc_text(session.start_time),
            hint = 'Ask the host, who may mark you excused.';
    end if;
end
$$;
comment on function private.check_excuse_time(public.success_sessions) is
    'Refuses with PT409 wishes to be excused from a session that is cancelled or has begun.';
revoke execute on function private.check_excuse_time(public.success_sessions) from public;

-- Security definer: it is the API; it writes what the caller may only read.
create function public.request_excuse(session_id uuid, reason text)
returns public.session_excuses
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_excuse public.session_excuses;
begin
    if not private.is_session_learner(v_session, auth.uid()) then
        raise exception using
            errcode = '42501',
            message = 'only those who take part in a session as students are excused from it',
            hint = 'A mentor who cannot come asks a manager for another host.';
    end if;
    if coalesce(btrim(request_excuse.reason), '') = '' then
        raise exception using
            errcode = '22023',
            message = 'reason must not be blank',
            hint = 'Say why you cannot come.';
    end if;
    perform private.check_excuse_time(v_session);

    insert into public.session_excuses as excuse (session_id, student_id, reason)
    values (v_session.id, auth.uid(), btrim(request_excuse.reason))
    on conflict on constraint session_excuses_pkey do update set
        status = 'requested',
        reason = excluded.reason,
        decided_by = null,
        decided_at = null,
        decision_note = null,
        updated_at = clock_timestamp()
    -- A decision stands, unless the student has taken the wish back since.
    where excuse.status in ('requested', 'withdrawn')
    returning * into v_excuse;
    if not found then
        select excuse.* into v_excuse
        from public.session_excuses as excuse
        where excuse.session_id = v_session.id and excuse.student_id = auth.uid();
    end if;
    return v_excuse;
end
$$;
comment on function public.request_excuse(uuid, text) is
    'Ask, before the session begins, to be excused from it; the host or a manager decides. Safe to repeat, with another reason too; a decision stands. Errors: PT404 unknown or not visible; 42501 for host and managers; 22023 no reason, or more than 1,000 characters; PT409 cancelled or begun.';
revoke execute on function public.request_excuse(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.request_excuse(uuid, text) to authenticated;

-- Security definer: it is the API; it writes what the caller may only read.
create function public.withdraw_excuse(session_id uuid)
returns public.session_excuses
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_excuse public.session_excuses;
begin
    -- Whoever has asked may take it back, even if access has ended meanwhile.
    if exists (
        select from public.session_excuses as excuse
        where excuse.session_id = withdraw_excuse.session_id and excuse.student_id = auth.uid()
    ) then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = withdraw_excuse.session_id;
    end if;
    if v_session.id is null then
        v_session := private.visible_session(session_id);
        raise exception using
            errcode = 'PT409',
            message = 'you have not asked to be excused from this session',
            hint = 'There is nothing to take back.';
    end if;
    perform private.check_excuse_time(v_session);
    update public.session_excuses as excuse
    set status = 'withdrawn', updated_at = clock_timestamp()
    where excuse.session_id = v_session.id and excuse.student_id = auth.uid() and excuse.status <> 'withdrawn';
    select excuse.* into v_excuse
    from public.session_excuses as excuse
    where excuse.session_id = v_session.id and excuse.student_id = auth.uid();
    return v_excuse;
end
$$;
comment on function public.withdraw_excuse(uuid) is
    'Take back, before the session begins, the wish to be excused from it, decided or not. Safe to repeat. Errors: PT404 unknown or not visible; PT409 never asked, cancelled or begun.';
revoke execute on function public.withdraw_excuse(uuid) from public, anon, authenticated, service_role;
grant execute on function public.withdraw_excuse(uuid) to authenticated;

-- Security definer: it is the API; it writes what the caller may only read.
create function public.decide_excuse(session_id uuid, student_id uuid, approve boolean, note text default null)
returns public.session_excuses
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_excuse public.session_excuses;
begin
    perform private.check_session_staff(v_session);
    if approve is null then
        raise exception using
            errcode = '22023',
            message = 'approve must be true or false',
            hint = 'Send true to excuse the student, false to decline.';
    end if;
    select excuse.* into v_excuse
    from public.session_excuses as excuse
    where excuse.session_id = v_session.id and excuse.student_id = decide_excuse.student_id
    for no key update;
    if not found or v_excuse.status = 'withdrawn' then
        raise exception using
            errcode = 'PT409',
            message = 'this student does not ask to be excused',
            hint = 'Use mark_attendance to excuse somebody unasked.';
    end if;
    update public.session_excuses as excuse
    set
        status = (case when approve then 'approved' else 'declined' end)::public.excuse_status,
        decided_by = auth.uid(),
        decided_at = clock_timestamp(),
        decision_note = nullif(btrim(decide_excuse.note), ''),
        updated_at = clock_timestamp()
    where excuse.session_id = v_session.id and excuse.student_id = v_excuse.student_id
    returning excuse.* into v_excuse;

    -- If the session is over, the attendance follows the decision.
    perform private.take_presence_turn(v_session.id, v_excuse.student_id::text);
    update public.session_attendance as attendance
    set
        status = (case when approve then 'excused' else 'absent' end)::public.attendance_status,
        updated_at = clock_timestamp()
    where
        attendance.session_id = v_session.id
        and attendance.student_id = v_excuse.student_id
        and attendance.source not in ('manual', 'import')
        and attendance.joined_at is null;
    return v_excuse;
end
$$;
comment on function public.decide_excuse(uuid, uuid, boolean, text) is
    'Excuse a student who asks for it, or decline, with a note for them; may be decided again. Whoever is excused and comes all the same is present. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else; 22023 approve is missing, the note is too long; PT409 the student does not ask.';
revoke execute on function public.decide_excuse(uuid, uuid, boolean, text)
from public, anon, authenticated, service_role;
grant execute on function public.decide_excuse(uuid, uuid, boolean, text) to authenticated;

-- == Recordings ======================================================================================================

-- Moves the address into Vault before the row is stored, as success_sessions_4_credentials does. Null leaves it as it
-- is, unless the recording becomes a file. Security definer: Vault is closed to the writer.
create function private.store_recording_url()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.url is not null then
        perform private.rule(
            private.is_web_address(new.url) and char_length(new.url) <= 4000,
            'session_recordings_url_is_http',
            'url must be an http(s) address without spaces',
            'Send the recording''s address, or upload the file and send storage_path.'
        );
    end if;
    perform private.rule(
        num_nonnulls(new.url, new.storage_path) < 2,
        'session_recordings_url_or_storage_path',
        'a recording has either a url or a storage_path',
        'Send one of them.'
    );
    if tg_op = 'INSERT' then
        perform private.rule(
            num_nonnulls(new.url, new.storage_path) = 1,
            'session_recordings_url_or_storage_path',
            'a recording needs a url or a storage_path',
            'Send the recording''s address, or upload the file and send storage_path.'
        );
        -- An upsert: this insert comes back as an update, which stores it, or changes nothing. Storing now would let
        -- whoever knows a recording's id overwrite its address.
        if exists (select from public.session_recordings as recording where recording.id = new.id) then
            return new;
        end if;
    elsif new.url is null and new.storage_path is null and old.storage_path is not null then
        raise exception using
            errcode = '22023',
            message = 'a recording needs a url or a storage_path',
            hint = 'Send a url with it, or delete the recording.';
    end if;
    if new.url is not null or new.storage_path is not null then
        perform private.set_session_secret('session_recordings', new.id, 'recording_url', new.url);
        new.url := null;
    end if;
    return new;
end
$$;
comment on function private.store_recording_url() is
    'Moves the url of a recording into Vault and leaves the row without it; a file takes its place.';
revoke execute on function private.store_recording_url() from public;

create trigger session_recordings_1_url before insert or update of url, storage_path on public.session_recordings
for each row execute function private.store_recording_url();

-- What the policy on recordings says of students, for one recording and any user.
create function private.may_watch(recording_id uuid, user_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_id uuid := (
        select recording.session_id
        from public.session_recordings as recording
        where
            recording.id = may_watch.recording_id
            and recording.is_published
            and now() >= recording.available_from
            and (recording.available_until is null or now() < recording.available_until)
    );
begin
    return coalesce(
        (
            select private.is_session_learner(session, may_watch.user_id)
            from public.success_sessions as session
            where session.id = v_session_id
        ),
        false
    );
end
$$;
comment on function private.may_watch(uuid, uuid) is
    'Whether a recording is published and available now, and the user takes part in its session as a student.';
revoke execute on function private.may_watch(uuid, uuid) from public;

-- Security definer: it is the API; it reads Vault and writes the log of views, which the caller may not touch.
create function public.open_recording(recording_id uuid)
returns public.recording_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Read before the recording is looked for: unknown and invisible take the same work.
    v_audience_keys constant uuid[] := private.my_audience_keys();
    v_hosts_from constant uuid := private.my_hosts_from();
    v_hosts_to constant uuid := private.my_hosts_to();
    v_invited_session_ids constant uuid[] := private.my_invited_session_ids();
    v_recording public.session_recordings;
    v_details public.recording_details;
begin
    select recording.* into v_recording
    from public.session_recordings as recording
    where recording.id = open_recording.recording_id;
    perform
    from public.success_sessions as session
    where
        session.id = coalesce(v_recording.session_id, open_recording.recording_id)
        and (
            session.host_key between v_hosts_from and v_hosts_to
            or (
                v_recording.is_published
                and now() >= v_recording.available_from
                and (v_recording.available_until is null or now() < v_recording.available_until)
                and (
                    session.audience_key = any(v_audience_keys)
                    or session.id = any(v_invited_session_ids)
                )
            )
        );
    -- Where the id is unknown, the session was looked for all the same, so that the answer takes as long.
    if not found or v_recording.id is null then
        raise exception using
            errcode = 'PT404',
            message = format(
                'recording_id %s is unknown or not visible to you', coalesce(open_recording.recording_id::text, 'null')
            ),
            hint = 'Check the id; a published recording is visible to those who take part in its session.';
    end if;

    perform private.check_plain_answer();
    insert into public.session_recording_views (recording_id, session_id, user_id)
    values (v_recording.id, v_recording.session_id, auth.uid());

    v_details.recording_id := v_recording.id;
    v_details.session_id := v_recording.session_id;
    v_details.title := v_recording.title;
    if v_recording.storage_path is null then
        v_details.url := private.get_session_secret('session_recordings', v_recording.id, 'recording_url');
    else
        v_details.bucket_id := 'session-recordings';
        v_details.storage_path := v_recording.storage_path;
    end if;
    return v_details;
end
$$;
comment on function public.open_recording(uuid) is
    'The address of a recording, or bucket and path for Storage''s createSignedUrl, for those who may see it. Each call is written to session_recording_views. Errors: PT404 unknown or not visible.';
revoke execute on function public.open_recording(uuid) from public, anon, authenticated, service_role;
grant execute on function public.open_recording(uuid) to authenticated;

-- Security definer: it is the API of the edge functions; it looks for the session as record_presence does.
create function public.add_recording(
    platform text,
    event_id text,
    meeting_id text,
    started_at timestamptz,
    url text,
    title text default null,
    duration_minutes integer default null,
    is_published boolean default false,
    notify boolean default false
)
returns public.recording_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_receipt public.recording_receipt;
    v_session public.success_sessions;
    v_id uuid := gen_random_uuid();
begin
    perform private.check_meeting_event(platform, 'event_id', event_id, meeting_id);
    perform private.check_meeting_time('started_at', started_at);

    -- Platforms tell again: the recording stays with its session, whichever session the meeting serves by now.
    select
        recording.id,
        recording.session_id
    into v_receipt.recording_id, v_receipt.session_id
    from public.session_recordings as recording
    where recording.platform = add_recording.platform and recording.event_id = add_recording.event_id;
    if found then
        v_receipt.outcome := 'duplicate';
        return v_receipt;
    end if;

    v_session := private.meeting_session(platform, meeting_id, started_at, true);
    if v_session.id is null then
        v_receipt.outcome := 'unknown_meeting';
        return v_receipt;
    end if;

    v_receipt.session_id := v_session.id;
    insert into public.session_recordings
    (id, session_id, title, url, duration_minutes, is_published, notify, platform, event_id)
    values (
        v_id,
        v_receipt.session_id,
        nullif(btrim(left(regexp_replace(title, '[[:cntrl:]]', ' ', 'g'), 200)), ''),
        url,
        duration_minutes,
        coalesce(is_published, false),
        coalesce(notify, false),
        platform,
        event_id
    )
    on conflict on constraint session_recordings_platform_event_id_key do nothing
    returning session_recordings.id into v_receipt.recording_id;
    if found then
        v_receipt.outcome := 'recorded';
    else
        -- Told twice at once: the other call made the row, and the address that this one put into Vault belongs to
        -- none.
        perform private.set_session_secret('session_recordings', v_id, 'recording_url', null);
        v_receipt.outcome := 'duplicate';
    end if;
    return v_receipt;
end
$$;
comment on function public.add_recording(text, text, text, timestamptz, text, text, integer, boolean, boolean) is
    'For edge functions: the platform has recorded a meeting; started_at finds the session. Unpublished unless told otherwise: the host decides. notify: those who take part get one mail once it is published. Idempotent by platform and event_id. Errors: 22023 unknown platform, missing id or time, no http(s) url, or a field out of range.';
revoke execute on function public.add_recording(
    text, text, text, timestamptz, text, text, integer, boolean, boolean
) from public, anon, authenticated, service_role;
grant execute on function public.add_recording(
    text, text, text, timestamptz, text, text, integer, boolean, boolean
) to service_role;
