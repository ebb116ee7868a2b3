-- What happens when a session is written, the calendar, joining and attendance.

-- == Writing a session ===============================================================================================

-- Instants in error details and mails: ISO 8601 in UTC, whatever the connection's TimeZone and DateStyle.
create function private.utc_text(instant timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
end
$$;
comment on function private.utc_text(timestamptz) is 'An instant as ISO 8601 in UTC, to the second.';
revoke execute on function private.utc_text(timestamptz) from public;

-- When joining opens. A session its host has started is open whatever the clock says.
create function private.join_opens_at(start_time timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select join_opens_at.start_time - make_interval(mins => settings.join_opens_minutes_before)
        from public.app_settings as settings
    );
end
$$;
comment on function private.join_opens_at(timestamptz) is
    'When join_session opens for a session starting then: app_settings.join_opens_minutes_before earlier.';
revoke execute on function private.join_opens_at(timestamptz) from public;

-- Zoom's links carry the passcode, encoded, in the parameter pwd. The rest of the link is no secret.
create function private.without_link_secret(link text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return regexp_replace(
        regexp_replace(
            regexp_replace(link, '([?&#])pwd=[^&#]*', '\1', 'gi'),
            '([?&#])&+', '\1', 'g'
        ),
        '[?&#]+(#|$)', '\1', 'g'
    );
end
$$;
comment on function private.without_link_secret(text) is 'The link without its pwd= parameter.';
revoke execute on function private.without_link_secret(text) from public;

-- One Vault secret per row and kind, found by its name. The name begins with the table, because writers may choose the
-- id of a session: with the id of a series they would reach the series' secret. The answer says whether the secret
-- changed, so that a form that sends the same one again is no change that everybody is told of.
create function private.set_session_secret(table_name text, row_id uuid, kind private.session_secret, value text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- tg_table_name, which triggers pass, has the collation C. The index on the names of secrets has the default one,
    -- and could not be searched by a name in C.
    v_name text collate "default" := format('%s/%s/%s', table_name, row_id, kind);
    v_id uuid;
    v_current text;
begin
    -- The longest of them is a recording's address.
    if char_length(value) > 4000 then
        raise exception using
            errcode = '22023',
            message = format('%s must be at most 4,000 characters', kind),
            hint = 'Send what the platform issued.';
    end if;
    select secret.id, secret.decrypted_secret into v_id, v_current
    from vault.decrypted_secrets as secret
    where secret.name = v_name;
    if coalesce(value, '') = '' then
        delete from vault.secrets as secret where secret.id = v_id;
        return v_id is not null;
    end if;
    if v_id is null then
        perform vault.create_secret(value, v_name, 'Write-only part of a live session');
        return true;
    end if;
    if v_current is not distinct from value then
        return false;
    end if;
    perform vault.update_secret(v_id, value);
    return true;
end
$$;
comment on function private.set_session_secret(text, uuid, private.session_secret, text) is
    'Stores a write-only part of a row of success_sessions, session_series or session_recordings in Vault; null or empty removes it. Returns whether that changed anything. Refuses with 22023 what is longer than 4,000 characters.';
revoke execute on function private.set_session_secret(text, uuid, private.session_secret, text) from public;

-- The only reader of these secrets; its callers decide who may see the answer and write the audit log.
create function private.get_session_secret(table_name text, row_id uuid, kind private.session_secret)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select secret.decrypted_secret
        from vault.decrypted_secrets as secret
        where secret.name = format('%s/%s/%s', table_name, row_id, kind)
    );
end
$$;
comment on function private.get_session_secret(text, uuid, private.session_secret) is
    'A write-only part of a row of success_sessions, session_series or session_recordings from Vault; null where none is stored.';
revoke execute on function private.get_session_secret(text, uuid, private.session_secret) from public;

create function private.refuse_simultaneous_writers()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT409',
        message = 'somebody else is changing the same plans at this moment',
        hint = 'Nothing was written. Send it again.';
end
$$;
comment on function private.refuse_simultaneous_writers() is
    'Raises PT409: two writers would have waited for each other forever, and this one gives way.';
revoke execute on function private.refuse_simultaneous_writers() from public;

-- The lock is tried first and waited for only then: the block that catches a deadlock costs a subtransaction, and
-- nearly always the lock is free.
create function private.take_turn(turn text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn constant bigint := hashtextextended(turn, 0);
begin
    if not pg_try_advisory_xact_lock(v_turn) then
        begin
            perform pg_advisory_xact_lock(v_turn);
        exception when deadlock_detected then
            perform private.refuse_simultaneous_writers();
        end;
    end if;
end
$$;
comment on function private.take_turn(text) is
    'Waits until nobody else holds the turn of this name, and holds it until the end of the transaction. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_turn(text) from public;

-- Whoever gives a mentor something to host takes the mentor's turn until the end of the transaction. Two locks: writers
-- of sessions exclude one another by the first; by the second they exclude writers of time off
-- (private.take_time_off_turn) and not each other. Take several in the order of mentor ids, after the rows of sessions.
-- For security definer callers only. What is to see what the last holder of the turn wrote must be a statement of its
-- own after this call: a snapshot is as old as its statement.
create function private.take_mentor_turn(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hosting constant bigint := hashtextextended('mentor/' || mentor_id, 0);
    v_away constant bigint := hashtextextended('mentor_time_off/' || mentor_id, 0);
begin
    if not pg_try_advisory_xact_lock(v_hosting) then
        begin
            perform pg_advisory_xact_lock(v_hosting);
        exception when deadlock_detected then
            -- Two statements have taken the turns of several mentors in different orders. This one goes on without the
            -- turn: the exclusion constraint keeps sessions from overlapping. It knows nothing of buffers, so with a
            -- buffer this one is refused.
            if (select settings.mentor_buffer_minutes > 0 from public.app_settings as settings) then
                perform private.refuse_simultaneous_writers();
            end if;
        end;
    end if;
    if not pg_try_advisory_xact_lock_shared(v_away) then
        begin
            perform pg_advisory_xact_lock_shared(v_away);
        exception when deadlock_detected then
            perform private.refuse_simultaneous_writers();
        end;
    end if;
end
$$;
comment on function private.take_mentor_turn(uuid) is
    'Waits for the mentor''s turn, held until the end of the transaction: until then nobody else gives the mentor sessions or time off. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_mentor_turn(uuid) from public;

-- See private.take_mentor_turn. Whoever enters time off waits for those who are giving the mentor sessions at this
-- moment, and they wait for it: once time off is stored, no session comes in over it, and the list of those that were
-- there before is complete.
create function private.take_time_off_turn(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.take_turn('mentor_time_off/' || mentor_id);
end
$$;
comment on function private.take_time_off_turn(uuid) is
    'Waits until nobody is giving the mentor sessions, and keeps it so until the end of the transaction. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_time_off_turn(uuid) from public;

-- Its callers ask about mentors whose sessions their users may not see. They name a clash only to the mentor and to
-- managers.
create function private.mentor_clashes(
    mentor_id uuid,
    start_time timestamptz,
    end_time timestamptz,
    except_session_ids uuid[] default '{}'
)
returns setof private.mentor_clash
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_buffer interval;
begin
    if mentor_clashes.end_time <= mentor_clashes.start_time then
        return;
    end if;
    v_buffer := (select make_interval(mins => settings.mentor_buffer_minutes) from public.app_settings as settings);

    return query
    select
        case
            when session.start_time < mentor_clashes.end_time and session.end_time > mentor_clashes.start_time
                then 'session'
            else 'buffer'
        end,
        session.id,
        session.title,
        session.start_time,
        session.end_time
    from public.success_sessions as session
    where
        session.mentor_id = mentor_clashes.mentor_id
        and tstzrange(session.start_time, session.end_time)
        && tstzrange(mentor_clashes.start_time - v_buffer, mentor_clashes.end_time + v_buffer)
        and session.status in ('upcoming', 'live')
        and session.id <> all(coalesce(except_session_ids, '{}'))
    union all
    select
        'time_off',
        null,
        time_off.reason,
        time_off.start_time,
        time_off.end_time
    from public.mentor_time_off as time_off
    where
        time_off.mentor_id = mentor_clashes.mentor_id
        and time_off.start_time < mentor_clashes.end_time
        and time_off.end_time > mentor_clashes.start_time
    order by 4, 5, 2;
end
$$;
comment on function private.mentor_clashes(uuid, timestamptz, timestamptz, uuid[]) is
    'What keeps a mentor from hosting from start_time to end_time, in the order of time: upcoming and live sessions then or closer than app_settings.mentor_buffer_minutes, except those named, and time off. No row: free. It sees what is committed; take the mentor''s turn before, in a statement of its own, if it is to stay true.';
revoke execute on function private.mentor_clashes(uuid, timestamptz, timestamptz, uuid[]) from public;

-- Taken after the turns of mentors; several in the order of account ids.
create function private.take_meeting_account_turn(meeting_account_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.take_turn('meeting_account/' || meeting_account_id);
end
$$;
comment on function private.take_meeting_account_turn(uuid) is
    'Waits for the account''s turn, held until the end of the transaction: until then nobody else plans meetings on it. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_meeting_account_turn(uuid) from public;

-- Its callers ask about sessions that their users may not see, and name them to managers only.
create function private.meeting_account_clashes(
    meeting_account_id uuid,
    start_time timestamptz,
    end_time timestamptz,
    except_session_ids uuid[] default '{}'
)
returns setof private.mentor_clash
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account public.meeting_accounts;
begin
    select account.* into v_account
    from public.meeting_accounts as account
    where account.id = meeting_account_clashes.meeting_account_id;

    return query
    with hosted as materialized (
        select
            session.id,
            session.title,
            session.start_time,
            session.end_time
        from public.success_sessions as session
        where
            session.meeting_account_id = v_account.id
            and session.platform = v_account.platform
            and session.status in ('upcoming', 'live')
            -- No session is longer than a day: what the index is searched by.
            and session.start_time > meeting_account_clashes.start_time - interval '24 hours'
            and session.start_time < meeting_account_clashes.end_time
            and session.end_time > meeting_account_clashes.start_time
            and session.id <> all(coalesce(except_session_ids, '{}'))
    ),

    -- The most meetings at once are reached when one of them begins, or the period: other moments need not be looked
    -- at.
    full_moment as materialized (
        select begun.at
        from (
            select greatest(hosted.start_time, meeting_account_clashes.start_time)
            from hosted
        ) as begun (at)
        inner join hosted on hosted.start_time <= begun.at and hosted.end_time > begun.at
        group by begun.at
        having count(distinct hosted.id) >= v_account.max_concurrent_meetings
    )

    select
        'meeting_account',
        hosted.id,
        hosted.title,
        hosted.start_time,
        hosted.end_time
    from hosted
    where exists (
        select from full_moment where hosted.start_time <= full_moment.at and hosted.end_time > full_moment.at
    )
    order by hosted.start_time, hosted.end_time, hosted.id;
end
$$;
comment on function private.meeting_account_clashes(uuid, timestamptz, timestamptz, uuid[]) is
    'The upcoming and live sessions, except those named, that fill the account at some moment from start_time to end_time, so that it could not host one more; in the order of time. No row: there is room, unless its limit is 0. It sees what is committed; take the account''s turn before, in a statement of its own, if it is to stay true.';
revoke execute on function private.meeting_account_clashes(uuid, timestamptz, timestamptz, uuid[]) from public;

create function private.clash_text(clash private.mentor_clash)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_period constant text := format(
        'from %s to %s', private.utc_text(clash.start_time), private.utc_text(clash.end_time)
    );
begin
    return case clash.reason
        when 'session' then
            format('clash with %s, session %s, %s', quote_literal(clash.title), clash.session_id, v_period)
        when 'meeting_account' then
            format('%s, session %s, %s', quote_literal(clash.title), clash.session_id, v_period)
        when 'buffer' then
            format('too close to %s, session %s, %s', quote_literal(clash.title), clash.session_id, v_period)
        else format('time off %s', v_period) || coalesce(': ' || clash.title, '')
    end;
end
$$;
comment on function private.clash_text(private.mentor_clash) is
    'A clash in words, for the detail of an error that the mentor or a manager gets.';
revoke execute on function private.clash_text(private.mentor_clash) from public;

create function private.refuse_clash(message text, detail text, hint text, constraint_name text default '')
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(current_setting('request.method', true), '') <> '' then
        -- PostgREST's form of an error that brings its HTTP status along: for 23P01 it has none but 400.
        raise exception using
            errcode = 'PGRST',
            message = json_build_object('code', '23P01', 'message', message, 'details', detail, 'hint', hint),
            detail = '{"status": 409, "headers": {}}';
    end if;
    raise exception using
        errcode = '23P01',
        message = message,
        detail = coalesce(detail, ''),
        hint = hint,
        constraint = constraint_name;
end
$$;
comment on function private.refuse_clash(text, text, text, text) is
    'Raises 23P01, through PostgREST as HTTP 409. detail names the clash: null for those who may not know it.';
revoke execute on function private.refuse_clash(text, text, text, text) from public;

-- Runs before the triggers that look up the ids that were sent: their messages would tell a mentor which users are
-- mentors and which courses exist. Writers without a user are the system and may change all three.
--
-- One change by a mentor passes. When an edit of their series gives the rule a day again that it had lost, the date
-- that was called off comes back with the mentor, course and batch that the series has now
-- (private.add_series_sessions). It is known by series_date, which then stops being null: users cannot write that
-- column, and a mentor cannot change mentor, course and batch of a series.
--
-- Security definer: functions of the API write as their owner, and it asks for the caller's roles by auth.uid().
create function private.check_assignment_rights()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if (new.mentor_id, new.course_id, new.batch_id) is distinct from (old.mentor_id, old.course_id, old.batch_id)
        and auth.uid() is not null
        and not private.is_manager()
        and not (old.series_date is null and new.series_date is not null)
    then
        raise exception using
            errcode = '42501',
            message = 'mentor_id, course_id and batch_id of an existing session can be changed by managers only',
            hint = 'Ask a manager to reassign the session, or cancel it and create another.';
    end if;
    return new;
end
$$;
comment on function private.check_assignment_rights() is
    'Refuses with 42501 that a user who is no manager gives an existing session another mentor, course or batch, before other triggers look at them.';
revoke execute on function private.check_assignment_rights() from public;

create trigger success_sessions_0_assignment
before update of mentor_id, course_id, batch_id on public.success_sessions
for each row execute function private.check_assignment_rights();

-- Licences are the managers' business. Others may send back what they read, as a form does.
-- Security invoker: it asks about whoever writes.
create function private.check_meeting_account_rights()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not row_security_active('public.success_sessions')
        or (tg_op = 'INSERT' and new.meeting_account_id is null)
        or (tg_op = 'UPDATE' and new.meeting_account_id is not distinct from old.meeting_account_id)
    then
        return new;
    end if;
    -- Only those whom policies bind may execute is_manager. An upsert comes by as an insert first.
    if not private.is_manager()
        and not exists (
            select from public.success_sessions as session
            where session.id = new.id and session.meeting_account_id = new.meeting_account_id
        )
    then
        raise exception using
            errcode = '42501',
            message = 'meeting_account_id is chosen by managers only',
            hint = 'Leave meeting_account_id out, or ask a manager.';
    end if;
    return new;
end
$$;
comment on function private.check_meeting_account_rights() is
    'Refuses with 42501 a meeting account that is not chosen by a manager, before other triggers look at it.';
revoke execute on function private.check_meeting_account_rights() from public;

create trigger success_sessions_0_meeting_account
before insert or update of meeting_account_id on public.success_sessions
for each row execute function private.check_meeting_account_rights();

-- The policies say who may create a session, an offer or time of a mentor, but Postgres asks them after the BEFORE
-- triggers, whose messages would by then have told a stranger who is a mentor and when that mentor is busy. So this one
-- comes first, and says in words what the policy would refuse. Security invoker: it asks about whoever writes.
create function private.check_insert_rights()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not row_security_active(tg_relid) then
        return new;
    end if;
    -- Only those whom policies bind may execute these.
    if private.is_manager() then
        return new;
    end if;
    if not private.has_role('mentor') then
        raise exception using errcode = '42501', message = tg_argv[0], hint = tg_argv[1];
    end if;
    if new.mentor_id is distinct from auth.uid() then
        raise exception using
            errcode = '42501',
            message = 'mentor_id must be your own id: ' || tg_argv[2],
            hint = tg_argv[3];
    end if;
    return new;
end
$$;
comment on function private.check_insert_rights() is
    'Refuses with 42501 a new row that the insert policy of its table would refuse, before other triggers look at it. Arguments: message and hint for whoever is no mentor; what mentors do with rows of their own, and the hint for one who writes somebody else''s.';
revoke execute on function private.check_insert_rights() from public;

create trigger success_sessions_0_rights before insert on public.success_sessions
for each row execute function private.check_insert_rights(
    'only managers and mentors may create sessions',
    'Ask a manager to create it.',
    'mentors create the sessions that they host',
    'Send your own id as mentor_id, or ask a manager.'
);

-- The BEFORE triggers of success_sessions run in the order of their names: 0 assignment, meeting account and rights, 1
-- defaults, 2 references, 3 transitions, 4 credentials and platform data, 5 double booking, host account, link failure,
-- meeting account and shared meeting, 6 revision.
create function private.set_session_defaults()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_missing text;
begin
    new.end_time := coalesce(new.end_time, new.start_time + interval '60 minutes');
    new.calendar_uid := new.id;
    if new.series_id is not null then
        new.calendar_uid := (
            select series.calendar_uid from public.session_series as series where series.id = new.series_id
        );
        if new.calendar_uid is null then
            raise exception using
                errcode = '22023',
                message = format('series_id %s is unknown', new.series_id),
                hint = 'Send the id of a row of session_series.';
        end if;
    end if;

    -- Postgres' own refusal prints the whole row, and that of an upsert still has the write-only fields in it.
    v_missing := case
        when new.title is null then 'title'
        when new.start_time is null then 'start_time'
        when new.session_type is null then 'session_type'
        when new.status is null then 'status'
        when new.timezone is null then 'timezone'
        when new.platform is null then 'platform'
        when new.platform_data is null then 'platform_data'
        when new.registration_required is null then 'registration_required'
        when num_nulls(new.id, new.sequence, new.created_at, new.updated_at) > 0
            then 'id, sequence, created_at or updated_at'
    end;
    if v_missing is not null then
        raise exception using
            errcode = '23502',
            message = format('%s must not be null', v_missing),
            hint = 'Send a value, or leave the field out where it has a default.';
    end if;
    return new;
end
$$;
comment on function private.set_session_defaults() is 'A session created without end_time lasts 60 minutes; its calendar UID is its own id or that of its series; one without another required field is refused with 23502.';
revoke execute on function private.set_session_defaults() from public;

create trigger success_sessions_1_defaults before insert on public.success_sessions
for each row execute function private.set_session_defaults();

-- The lock is for whoever takes the role away at this moment, or erases the mentor: they wait, and then find the
-- session that was given to the mentor; or they came first, and this waits for them.
create function private.hold_mentor_role(mentor_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.user_roles as held
    where held.user_id = hold_mentor_role.mentor_id and held.role = 'mentor'
    for key share;
    if not found then
        raise exception using
            errcode = '22023',
            message = format('mentor_id %s is not a mentor', mentor_id),
            hint = 'Choose a user with the role mentor; a superadmin grants roles in user_roles.';
    end if;
end
$$;
comment on function private.hold_mentor_role(uuid) is
    'Locks the role mentor of a user until the end of the transaction. Refuses with 22023 whoever does not have it.';
revoke execute on function private.hold_mentor_role(uuid) from public;

-- The foreign keys hold these rules; this says the same in words that name the field and the remedy. One rule no
-- foreign key can hold: a session and a series never have the same id, since both are UIDs in calendars, where one
-- would replace the other. It is refused as an id that is taken, so that it does not tell whether there is such a
-- series. Security definer: the writer need not be able to read zones, roles and batches.
create function private.check_session_references()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean := tg_op = 'INSERT';
begin
    if v_is_new and (
        case tg_table_name
            when 'success_sessions' then exists (
                select from public.session_series as series
                where series.id = new.id or series.calendar_uid = new.id
            )
            else exists (select from public.success_sessions as session where session.id = new.id)
        end
    ) then
        raise exception using
            errcode = '23505',
            message = format('id %s is taken', new.id),
            hint = 'Leave id out, or send a new random one.';
    end if;

    if v_is_new or new.timezone is distinct from old.timezone then
        perform private.check_timezone(new.timezone);
    end if;

    if (v_is_new or new.platform is distinct from old.platform)
        and new.platform is not null
        and not exists (
            select from public.meeting_platforms as platform where platform.id = new.platform and platform.is_active
        )
    then
        raise exception using
            errcode = '22023',
            message = format('platform %s is not an active meeting platform', quote_literal(left(new.platform, 60))),
            hint = 'Send the id of an active row of meeting_platforms.';
    end if;

    if (v_is_new or new.course_id is distinct from old.course_id or new.batch_id is distinct from old.batch_id)
        and new.course_id is not null
    then
        if not exists (select from public.courses as course where course.id = new.course_id) then
            raise exception using
                errcode = '22023',
                message = format('course_id %s is unknown', new.course_id),
                hint = 'Send the id of a course.';
        end if;
        if new.batch_id is not null
            and not exists (
                select from public.batches as batch where batch.id = new.batch_id and batch.course_id = new.course_id
            )
        then
            raise exception using
                errcode = '22023',
                message = format('batch_id %s is not a batch of course_id %s', new.batch_id, new.course_id),
                hint = 'Send a batch of that course, or no batch_id for its unbatched students.';
        end if;
    end if;

    if (v_is_new or new.mentor_id is distinct from old.mentor_id) and new.mentor_id is not null then
        perform private.hold_mentor_role(new.mentor_id);
    end if;
    return new;
end
$$;
comment on function private.check_session_references() is
    'Refuses an unknown zone, platform, course, batch or mentor with 22023, and an id shared by a session and a series with 23505, naming the field and the remedy.';
revoke execute on function private.check_session_references() from public;

create trigger success_sessions_2_references
before insert or update of timezone, platform, course_id, batch_id, mentor_id on public.success_sessions
for each row execute function private.check_session_references();

-- A mentor who entered a session that is over would make its whole audience absent: nobody could have come.
create function private.refuse_past_session(end_time timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '42501',
        message = 'end_time must be in the future: only managers record sessions of the past',
        detail = 'end_time is ' || private.utc_text(end_time),
        hint = 'Send times to come, or ask a manager to record what took place.';
end
$$;
comment on function private.refuse_past_session(timestamptz) is
    'Refuses with 42501 that a mentor creates a session that is over, or moves one to where it is.';
revoke execute on function private.refuse_past_session(timestamptz) from public;

-- What may become of a session, and who may do it. Writers without a user (the notifier's clock, the DBA, the service
-- role) are the system: rights do not bind them, transitions do. Security definer: it asks for the caller's roles by
-- auth.uid().
create function private.check_session_transition()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_mentor_only boolean := auth.uid() is not null and not private.is_manager();
    v_is_reinstated boolean;
begin
    if tg_op = 'INSERT' then
        if v_is_mentor_only and new.status <> 'upcoming' then
            raise exception using
                errcode = '42501',
                message = format('status must be upcoming for a new session, not %s', new.status),
                hint = 'Leave status out; only managers record sessions of the past.';
        end if;
        if auth.uid() is not null and new.status in ('live', 'completed') and new.start_time > clock_timestamp() then
            raise exception using
                errcode = 'PT409',
                message = format('a new session that is %s must have begun', new.status),
                detail = 'start_time is ' || private.utc_text(new.start_time),
                hint = 'Leave status out, or send the start_time at which it began.';
        end if;
        -- An upsert of a session that exists fires this trigger as an insert first; the update that follows is checked
        -- below.
        if v_is_mentor_only and new.end_time <= clock_timestamp() and not exists (
            select from public.success_sessions as session where session.id = new.id
        ) then
            perform private.refuse_past_session(new.end_time);
        end if;
        return new;
    end if;

    if new.id <> old.id then
        raise exception using
            errcode = '22023',
            message = 'id of a session cannot change',
            hint = 'Calendars know the session by it; create another session instead.';
    end if;

    if (new.calendar_uid, new.recurrence_id) is distinct from (old.calendar_uid, old.recurrence_id) then
        raise exception using
            errcode = '22023',
            message = 'calendar_uid and recurrence_id of a session cannot change',
            hint = 'Calendars know the session by them; create another session instead.';
    end if;

    v_is_reinstated := old.status = 'cancelled' and new.status = 'upcoming';

    if new.status is distinct from old.status then
        if v_is_reinstated then
            -- Unless a mentor's edit of the series gives the rule its day again: see success_sessions_0_assignment.
            if v_is_mentor_only and not (old.series_date is null and new.series_date is not null) then
                raise exception using
                    errcode = '42501',
                    message = 'a cancelled session can be reinstated by managers only',
                    hint = 'Ask a manager, or create a new session.';
            end if;
            if new.start_time <= clock_timestamp() then
                raise exception using
                    errcode = 'PT409',
                    message = 'a cancelled session can be reinstated only before it would have begun',
                    detail = 'start_time is ' || private.utc_text(new.start_time),
                    hint = 'Send a later start_time with it, or create a new session.';
            end if;
            new.cancel_reason := null;
        elsif old.status in ('completed', 'cancelled') then
            raise exception using
                errcode = 'PT409',
                message = format('status %s is final, it cannot become %s', old.status, new.status),
                hint = 'Create a new session.';
        elsif old.status = 'live' and new.status = 'upcoming' then
            raise exception using
                errcode = 'PT409',
                message = 'a live session cannot become upcoming again',
                hint = 'End it with status completed, or cancel it.';
        elsif new.status = 'live' and clock_timestamp() < private.join_opens_at(new.start_time) then
            raise exception using
                errcode = 'PT409',
                message = 'a session cannot go live before joining opens',
                detail = 'joining opens at ' || private.utc_text(private.join_opens_at(new.start_time)),
                hint = 'Wait, or move its start_time.';
        elsif new.status = 'completed' then
            if clock_timestamp() <= new.start_time then
                raise exception using
                    errcode = 'PT409',
                    message = 'a session cannot be completed before it begins',
                    detail = 'start_time is ' || private.utc_text(new.start_time),
                    hint = 'Cancel it, or move its start_time.';
            end if;
            -- A session that a person ends early was only scheduled until now, so that nobody's attendance becomes
            -- partial by it.
            new.end_time := least(new.end_time, clock_timestamp());
        end if;
    end if;

    if old.status in ('completed', 'cancelled') and not v_is_reinstated
        and (new.start_time, new.end_time, new.timezone, new.mentor_id, new.course_id, new.batch_id)
        is distinct from (old.start_time, old.end_time, old.timezone, old.mentor_id, old.course_id, old.batch_id)
    then
        raise exception using
            errcode = 'PT409',
            message = format('the session is %s; its times, mentor and audience are final', old.status),
            hint = 'Create a new session.';
    end if;

    -- A mentor moves no session to a time that is over: nobody could have come. Shortening one that has begun is no
    -- such move.
    if v_is_mentor_only
        and new.end_time <= clock_timestamp()
        and (new.start_time, new.end_time) is distinct from (old.start_time, old.end_time)
        and not (new.start_time >= old.start_time and new.end_time <= old.end_time)
    then
        perform private.refuse_past_session(new.end_time);
    end if;

    if
        old.status = 'live'
        and new.start_time > clock_timestamp()
        and new.start_time is distinct from old.start_time
    then
        raise exception using
            errcode = 'PT409',
            message = 'start_time of a live session cannot move into the future',
            hint = 'Move end_time, or cancel the session and create another.';
    end if;
    return new;
end
$$;
comment on function private.check_session_transition() is
    'Refuses status changes and edits that a session''s state (PT409) or the caller''s role (42501) does not allow.';
revoke execute on function private.check_session_transition() from public;

create trigger success_sessions_3_transitions before insert or update on public.success_sessions
for each row execute function private.check_session_transition();

-- Moves the write-only parts into Vault before the row is stored. Null leaves a secret as it is (a form saves back what
-- it read), the empty string removes it; a link that changes takes its secret part with it. Security definer: Vault is
-- closed to the writer.
create function private.store_session_credentials()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_link text := new.link;
    v_backup_link text := new.backup_link;
begin
    -- An upsert: the row exists, so this insert comes back as an update, which stores them, or changes nothing. Storing
    -- now would let whoever knows a session's id overwrite its secrets.
    if tg_op = 'INSERT' and (
        case tg_table_name
            when 'success_sessions' then exists (
                select from public.success_sessions as session where session.id = new.id
            )
            else exists (select from public.session_series as series where series.id = new.id)
        end
    ) then
        return new;
    end if;

    if new.zoom_passcode is not null then
        if private.set_session_secret(tg_table_name, new.id, 'zoom_passcode', new.zoom_passcode) then
            new.credentials_updated_at := clock_timestamp();
        end if;
        new.zoom_passcode := null;
    end if;

    new.link := private.without_link_secret(v_link);
    if new.link is distinct from v_link then
        if private.set_session_secret(tg_table_name, new.id, 'link', v_link) then
            new.credentials_updated_at := clock_timestamp();
        end if;
    elsif tg_op = 'UPDATE' and new.link is distinct from old.link then
        perform private.set_session_secret(tg_table_name, new.id, 'link', null);
    end if;

    new.backup_link := private.without_link_secret(v_backup_link);
    if new.backup_link is distinct from v_backup_link then
        if private.set_session_secret(tg_table_name, new.id, 'backup_link', v_backup_link) then
            new.backup_credentials_updated_at := clock_timestamp();
        end if;
    elsif tg_op = 'UPDATE' and new.backup_link is distinct from old.backup_link then
        perform private.set_session_secret(tg_table_name, new.id, 'backup_link', null);
    end if;

    if new.platform_data ? 'host_link' then
        -- Checked here, as no constraint gets to see it: frontends make a link of it as they do of the others.
        perform private.rule(
            private.is_web_address(nullif(new.platform_data ->> 'host_link', '')),
            format('%s_host_link_is_http', tg_table_name),
            'host_link must be an http(s) address without spaces',
            'Send the host''s start link, such as https://zoom.us/s/123456789.'
        );
        perform private.set_session_secret(tg_table_name, new.id, 'host_link', new.platform_data ->> 'host_link');
        new.platform_data := new.platform_data - 'host_link';
    end if;
    return new;
end
$$;
comment on function private.store_session_credentials() is
    'Moves zoom_passcode, the pwd= of links and platform_data.host_link into Vault and leaves the row without them.';
revoke execute on function private.store_session_credentials() from public;

create trigger success_sessions_4_credentials
before insert or update of zoom_passcode, link, backup_link, platform_data on public.success_sessions
for each row execute function private.store_session_credentials();

-- After the credentials have moved out (4 credentials): host_link is write-only on every platform, and no schema has to
-- know it. Asked when the fields are written, not when the platform's schema changes: what is planned stays.
-- Security definer: the writer need not be able to read platforms.
create function private.check_platform_data()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_violation text;
begin
    if tg_op = 'UPDATE' and new.platform = old.platform and new.platform_data = old.platform_data then
        return new;
    end if;
    v_violation := (
        select private.json_schema_violation(platform.platform_data_schema, new.platform_data, 'platform_data')
        from public.meeting_platforms as platform
        -- That it is an object is for the constraint to say.
        where platform.id = new.platform and jsonb_typeof(new.platform_data) = 'object'
    );
    if v_violation is not null then
        raise exception using
            errcode = '22023',
            message = v_violation,
            detail = format('platform %s says so in meeting_platforms.platform_data_schema', new.platform),
            hint = 'Send the fields that the platform knows, or leave platform_data out.';
    end if;
    return new;
end
$$;
comment on function private.check_platform_data() is
    'Refuses with 22023 platform_data that the schema of the session''s platform does not allow, naming the field.';
revoke execute on function private.check_platform_data() from public;

create trigger success_sessions_4_platform_data
before insert or update of platform, platform_data on public.success_sessions
for each row execute function private.check_platform_data();

-- A series is checked as its sessions are, before there is one.
create trigger session_series_2_references
before insert or update of timezone, platform, course_id, batch_id, mentor_id on public.session_series
for each row execute function private.check_session_references();

-- A series keeps its secrets as a session does, under names of its own.
create trigger session_series_4_credentials
before insert or update of zoom_passcode, link, backup_link, platform_data on public.session_series
for each row execute function private.store_session_credentials();

-- The later dates of a series are made by the clock, for which success_sessions_5_shared_meeting checks nothing. So
-- while a series has such dates (next_start), a mentor may not give it a meeting that another host uses, on whichever
-- days. A part that is split off such a series keeps the meeting that the series has.
-- Security definer: it reads what the writer may not see, and names none of it.
create function private.refuse_foreign_series_meeting()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key constant text := private.meeting_key(new.zoom_meeting_id, new.platform_data);
begin
    if v_key is null or new.next_start is null or auth.uid() is null or private.is_manager() or exists (
        select from public.session_series as part
        where
            part.calendar_uid = new.calendar_uid
            and part.next_start is not null
            and part.platform = new.platform
            and private.meeting_key(part.zoom_meeting_id, part.platform_data) = v_key
    ) then
        return new;
    end if;
    if exists (
        select from public.success_sessions as other
        where
            other.platform = new.platform
            and private.meeting_key(other.zoom_meeting_id, other.platform_data) = v_key
            and other.start_time > clock_timestamp() - interval '24 hours'
            and other.status <> 'cancelled'
            and other.mentor_id is distinct from new.mentor_id
    ) or exists (
        select from public.session_series as other
        where
            other.platform = new.platform
            and private.meeting_key(other.zoom_meeting_id, other.platform_data) = v_key
            and other.next_start is not null
            and other.mentor_id is distinct from new.mentor_id
    ) then
        perform private.refuse_clash(
            format(
                '%s names a meeting that sessions of another host use, and the series goes on',
                case when new.zoom_meeting_id is null then 'platform_data.meeting_id' else 'zoom_meeting_id' end
            ),
            null,
            'Leave it out, or ask a manager, who may let sessions share a meeting.'
        );
    end if;
    return new;
end
$$;
comment on function private.refuse_foreign_series_meeting() is
    'Refuses with 23P01 (HTTP 409) that somebody who is no manager gives a series with dates still to be made a meeting that another host uses.';
revoke execute on function private.refuse_foreign_series_meeting() from public;

create trigger session_series_5_shared_meeting
before insert or update of zoom_meeting_id, platform, platform_data, next_start on public.session_series
for each row execute function private.refuse_foreign_series_meeting();

create function private.forget_clashes(series_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.series_skips as skip
    set detail = 'the mentor before, or the meeting account, was not free'
    where skip.series_id = forget_clashes.series_id and skip.reason = 'clash';
end
$$;
comment on function private.forget_clashes(uuid) is
    'Takes out of series_skips what kept a mentor who does not have the series any more.';
revoke execute on function private.forget_clashes(uuid) from public;

-- What a clash was with (another session, the reason of a time off) is for the mentor whom it kept, and not for the one
-- who has the series next. Security definer: nobody may write what was left out.
create function private.forget_clashes_of_mentor()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.forget_clashes(new.id);
    return null;
end
$$;
comment on function private.forget_clashes_of_mentor() is
    'Takes out of series_skips what the mentor before was busy with, when a series goes to another.';
revoke execute on function private.forget_clashes_of_mentor() from public;

create trigger session_series_6_clashes after update of mentor_id on public.session_series
for each row
when (new.mentor_id is distinct from old.mentor_id)
execute function private.forget_clashes_of_mentor();

-- A mentor is neither booked twice, nor without the buffer between two sessions, nor during time off, whoever writes.
-- Writers for one mentor take turns, so that the second of two at once sees the first and is told the clash. For
-- overlapping sessions the exclusion constraint success_sessions_mentor_id_no_overlap has the last word; by itself it
-- would not do: under row-level security Postgres hides its detail, and PostgREST answers it with 400.
-- Security definer: it reads what the writer may not see, and names it only to the mentor and to managers.
create function private.refuse_double_booking()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_clash private.mentor_clash;
    v_hint constant text := 'Choose another time or another mentor.';
begin
    if new.mentor_id is null or new.status not in ('upcoming', 'live') then
        return new;
    end if;
    -- The session takes no time that it did not have before: its status moved, or it was shortened.
    if tg_op = 'UPDATE'
        and old.status in ('upcoming', 'live')
        and new.mentor_id = old.mentor_id
        and new.start_time >= old.start_time
        and new.end_time <= old.end_time
    then
        return new;
    end if;

    perform private.take_mentor_turn(new.mentor_id);

    select clash.* into v_clash
    from private.mentor_clashes(new.mentor_id, new.start_time, new.end_time, array[new.id]) as clash
    order by clash.reason = 'session' desc, clash.start_time
    limit 1;
    if not found then
        return new;
    end if;

    if not (auth.uid() is null or auth.uid() = new.mentor_id or private.is_manager()) then
        perform private.refuse_clash('the mentor is not free at that time', null, 'Choose another time.');
    end if;
    perform private.refuse_clash(
        format(
            case v_clash.reason
                when 'session' then 'mentor_id %s already hosts a session at that time'
                when 'buffer' then 'mentor_id %s hosts another session too close to that time'
                else 'mentor_id %s has time off at that time'
            end,
            new.mentor_id
        ),
        private.clash_text(v_clash),
        v_hint,
        case when v_clash.reason = 'session' then 'success_sessions_mentor_id_no_overlap' else '' end
    );
    return null;
end
$$;
comment on function private.refuse_double_booking() is
    'Refuses with 23P01 (HTTP 409) an upcoming or live session at a time at which its mentor hosts another one, hosts one closer than the buffer, or has time off, and names the clash to those who may know it.';
revoke execute on function private.refuse_double_booking() from public;

create trigger success_sessions_5_double_booking
before insert or update of mentor_id, start_time, end_time, status on public.success_sessions
for each row execute function private.refuse_double_booking();

-- Security invoker: its callers decide who learns of accounts.
create function private.accounts_making_meetings(platform text, mentor_id uuid)
returns setof public.meeting_accounts
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 10
as $$
begin
    return query
    select account.*
    from public.meeting_accounts as account
    where
        account.platform = accounts_making_meetings.platform
        and account.external_id is not null
        and (account.mentor_id is null or account.mentor_id = accounts_making_meetings.mentor_id);
end
$$;
comment on function private.accounts_making_meetings(text, uuid) is
    'The accounts, the mentor''s own and nobody''s, that make meetings on the platform: with any, sessions of the mentor need no link there.';
revoke execute on function private.accounts_making_meetings(text, uuid) from public;

-- The account that the session has, where it is to be kept; else the mentor's own, else any that is nobody's, in the
-- order of ids: the order in which turns are taken.
create function private.choose_meeting_account(session public.success_sessions, is_kept boolean)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account public.meeting_accounts;
    v_last uuid;
begin
    for v_account in
        select account.*
        from private.accounts_making_meetings(session.platform, session.mentor_id) as account
        order by
            is_kept and account.id = session.meeting_account_id desc,
            account.mentor_id is null,
            account.id is distinct from session.meeting_account_id,
            account.id
    loop
        v_last := coalesce(v_last, v_account.id);
        if session.status not in ('upcoming', 'live') or session.end_time <= session.start_time then
            return v_account.id;
        end if;
        perform private.take_meeting_account_turn(v_account.id);
        if v_account.max_concurrent_meetings is distinct from 0
            and not exists (
                select from private.meeting_account_clashes(
                    v_account.id, session.start_time, session.end_time, array[session.id]
                )
            )
        then
            return v_account.id;
        end if;
    end loop;
    -- All are full: the first is named in the refusal that follows.
    return v_last;
end
$$;
comment on function private.choose_meeting_account(public.success_sessions, boolean) is
    'The account that can make the meeting of a session and has room at its time; where none has, the first choice, and where there is none, null; is_kept: the one it has before all others. Takes the turns of the accounts it looks at.';
revoke execute on function private.choose_meeting_account(public.success_sessions, boolean) from public;

create function private.forget_meeting(session_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.set_session_secret('success_sessions', forget_meeting.session_id, made.kind, null)
    from unnest(array['link', 'zoom_passcode', 'host_link']::private.session_secret[]) as made (kind);
end
$$;
comment on function private.forget_meeting(uuid) is
    'Removes from Vault what opens the meeting that a platform made for a session; the backup link stays.';
revoke execute on function private.forget_meeting(uuid) from public;

-- A session saved without a link runs on an account that can make one, or is refused. Comes after double booking, whose
-- turns come first, and before the account's own check (5 meeting account). A manager's explicit choice stands.
-- Security definer: it reads accounts and meetings that the writer may not see.
create function private.assign_host_account()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean := tg_op = 'INSERT';
    v_meeting public.session_meetings;
    v_account_id uuid := new.meeting_account_id;
    v_is_chosen boolean;
begin
    if not v_is_new then
        select meeting.* into v_meeting
        from public.session_meetings as meeting
        where meeting.session_id = new.id and meeting.is_wanted;
    end if;
    -- The meeting that was made for a session ended when the session was called off: its link leads nowhere any more.
    if not v_is_new and old.status = 'cancelled' and new.status = 'upcoming' and exists (
        select from public.session_meetings as ended
        where ended.session_id = new.id and not ended.is_wanted and ended.link = new.link
    ) then
        perform private.forget_meeting(new.id);
        new.link := null;
        new.zoom_meeting_id := null;
        new.platform_data := new.platform_data - 'meeting_id';
    end if;
    -- A link that was given by hand needs no account.
    if new.link is not null and new.link is distinct from v_meeting.link then
        return new;
    end if;

    -- A meeting that is on is not taken from those who are in it.
    if v_is_new
        or new.platform is distinct from old.platform
        or (
            old.status <> 'live'
            and (
                new.meeting_account_id is null
                or new.mentor_id is distinct from old.mentor_id
                or new.start_time < old.start_time
                or new.end_time > old.end_time
                or (new.status in ('upcoming', 'live') and old.status not in ('upcoming', 'live'))
            )
        )
    then
        v_is_chosen := new.meeting_account_id is not null
            and (v_is_new or new.meeting_account_id is distinct from old.meeting_account_id);
        if not v_is_chosen then
            if not v_is_new and new.platform is distinct from old.platform then
                new.meeting_account_id := null;
            end if;
            v_account_id := coalesce(
                private.choose_meeting_account(
                    new, not v_is_new and new.mentor_id is not distinct from old.mentor_id
                ),
                new.meeting_account_id
            );
        end if;
    end if;

    if v_account_id is null then
        raise exception using
            errcode = '23502',
            message = 'link must not be null',
            hint = 'Send the meeting''s address, or enter a meeting account with an external_id on this platform.';
    end if;
    -- Not asked again of an account that the session has already: if it has lost its external_id since, its meetings
    -- wait, session_meetings says why, and no later edit fails because of it.
    if new.link is null
        and (v_is_new or old.link is not null or v_account_id is distinct from old.meeting_account_id)
        and not exists (
            select from public.meeting_accounts as account
            where account.id = v_account_id and account.external_id is not null
        )
    then
        raise exception using
            errcode = '22023',
            message = 'link must not be null: meeting_account_id makes no meetings, it has no external_id',
            hint = 'Send the meeting''s address, or choose another account.';
    end if;
    if not v_is_new
        and (v_account_id is distinct from old.meeting_account_id or new.platform is distinct from old.platform)
        and v_meeting.id is not null
    then
        -- The meeting cannot come along: the session waits for another one.
        perform private.forget_meeting(new.id);
        new.link := null;
        new.zoom_meeting_id := null;
        new.platform_data := new.platform_data - 'meeting_id';
    end if;
    new.meeting_account_id := v_account_id;
    return new;
end
$$;
comment on function private.assign_host_account() is
    'Gives a session without a link an account that can make its meeting, the mentor''s own first; 23502 where there is none. A session that changes its account or platform, or is reinstated, loses the meeting that was made, and waits for another.';
revoke execute on function private.assign_host_account() from public;

create trigger success_sessions_5_host_account
before insert or update of link, platform, meeting_account_id, mentor_id, start_time, end_time, status
on public.success_sessions
for each row execute function private.assign_host_account();

-- Another link takes the place of the one that failed. Runs after success_sessions_4_credentials has taken the secret
-- part out of the link: one that a form sends back in full is then equal to the stored one.
create function private.end_link_failure()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.link_failed_at := null;
    new.link_failure_note := null;
    return new;
end
$$;
comment on function private.end_link_failure() is 'Leads everybody back to a link that is new.';
revoke execute on function private.end_link_failure() from public;

create trigger success_sessions_5_link_failure before update on public.success_sessions
for each row
when (old.link_failed_at is not null and new.link is distinct from old.link)
execute function private.end_link_failure();

-- An account never hosts more meetings at once than it can. Writers for one account take turns, so that each sees the
-- one before; there is no constraint that could count. The accounts' turns come after the mentors' (5 double booking).
-- Security definer: it reads accounts and sessions that the writer may not see, and names them to managers only.
create function private.refuse_crowded_meeting_account()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account public.meeting_accounts;
    v_clashes text;
begin
    -- Who moves a session elsewhere leaves the account behind.
    if tg_op = 'UPDATE'
        and new.platform is distinct from old.platform
        and new.meeting_account_id is not distinct from old.meeting_account_id
    then
        new.meeting_account_id := null;
    end if;
    if new.meeting_account_id is null then
        return new;
    end if;

    if tg_op = 'INSERT' or new.meeting_account_id is distinct from old.meeting_account_id then
        select account.* into v_account
        from public.meeting_accounts as account
        where account.id = new.meeting_account_id;
        if v_account.platform is distinct from new.platform then
            raise exception using
                errcode = '22023',
                message = format(
                    'meeting_account_id %s is not an account of platform %s', new.meeting_account_id, new.platform
                ),
                hint = 'Send the id of a row of meeting_accounts of that platform.';
        end if;
    elsif old.status in ('upcoming', 'live')
        and new.start_time >= old.start_time
        and new.end_time <= old.end_time
    then
        -- The session takes no time that it did not have before: its status moved, or it was shortened.
        return new;
    end if;
    if new.status not in ('upcoming', 'live') or new.end_time <= new.start_time then
        return new;
    end if;

    perform private.take_meeting_account_turn(new.meeting_account_id);

    -- Read again under the turn: its limit may have changed meanwhile.
    select account.* into v_account
    from public.meeting_accounts as account
    where account.id = new.meeting_account_id;
    v_clashes := (
        select string_agg(private.clash_text(clash), '; ' order by clash.start_time, clash.session_id)
        from private.meeting_account_clashes(
            new.meeting_account_id, new.start_time, new.end_time, array[new.id]
        ) as clash
    );
    if v_clashes is null and v_account.max_concurrent_meetings is distinct from 0 then
        return new;
    end if;
    if not (auth.uid() is null or private.is_manager()) then
        perform private.refuse_clash('the meeting account is not free at that time', null, 'Choose another time.');
    end if;
    perform private.refuse_clash(
        format('meeting account %s is full at that time', quote_literal(v_account.name)),
        concat_ws(': ', format('it hosts %s at once', v_account.max_concurrent_meetings), v_clashes),
        'Choose another time or another account.'
    );
    return null;
end
$$;
comment on function private.refuse_crowded_meeting_account() is
    'Refuses with 23P01 (HTTP 409) an upcoming or live session at a time at which its meeting account already hosts all it can, naming them to managers. A session that changes its platform leaves its account.';
revoke execute on function private.refuse_crowded_meeting_account() from public;

-- The columns of success_sessions_5_host_account, which may set meeting_account_id: a trigger on a column fires for
-- what the statement sets, not for what another trigger sets.
create trigger success_sessions_5_meeting_account
before insert or update of link, platform, meeting_account_id, mentor_id, start_time, end_time, status
on public.success_sessions
for each row execute function private.refuse_crowded_meeting_account();

-- What a platform tells of a meeting (recordings, names and addresses of guests) goes to the sessions that name its
-- number, so whoever enters somebody else's number would get theirs. Only managers and the system may therefore let a
-- session use a meeting that a session of another host uses within an hour of it (private.meeting_sessions), or that a
-- date of another host's series will use then, made or not. Sessions that share a meeting already go on sharing it.
-- Runs after success_sessions_5_host_account, which may remove the number.
-- Security definer: it reads what the writer may not see, and names none of it.
create function private.refuse_foreign_meeting()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_margin constant interval := interval '1 hour';
    v_key constant text := private.meeting_key(new.zoom_meeting_id, new.platform_data);
    v_is_shared boolean := false;
begin
    if v_key is null or new.status = 'cancelled' or auth.uid() is null or private.is_manager() then
        return new;
    end if;
    if tg_op = 'INSERT' then
        -- An upsert comes by as an insert first.
        if exists (select from public.success_sessions as session where session.id = new.id) then
            return new;
        end if;
    else
        v_is_shared := old.status <> 'cancelled'
            and old.platform = new.platform
            and private.meeting_key(old.zoom_meeting_id, old.platform_data) is not distinct from v_key;
        if v_is_shared and new.start_time >= old.start_time and new.end_time <= old.end_time then
            return new;
        end if;
    end if;

    if exists (
        select from private.meeting_sessions(new.platform, v_key, new.start_time, new.end_time) as other
        where
            other.id <> new.id
            and other.mentor_id is distinct from new.mentor_id
            and not (
                v_is_shared
                and other.start_time <= old.end_time + c_margin
                and other.end_time >= old.start_time - c_margin
            )
    ) or exists (
        select from public.session_series as series
        cross join lateral private.series_dates(
            series,
            greatest(series.next_start, new.start_time - c_margin - series.duration),
            new.end_time + c_margin,
            1
        )
        where
            series.platform = new.platform
            and private.meeting_key(series.zoom_meeting_id, series.platform_data) = v_key
            and series.mentor_id is distinct from new.mentor_id
            and series.next_start <= new.end_time + c_margin
    ) then
        perform private.refuse_clash(
            format(
                '%s names a meeting that a session of another host uses around that time',
                case when new.zoom_meeting_id is null then 'platform_data.meeting_id' else 'zoom_meeting_id' end
            ),
            format('from %s to %s', private.utc_text(new.start_time), private.utc_text(new.end_time)),
            'Leave it out, choose another time, or ask a manager, who may let sessions share a meeting.'
        );
    end if;
    return new;
end
$$;
comment on function private.refuse_foreign_meeting() is
    'Refuses with 23P01 (HTTP 409) that somebody who is no manager lets a session use a meeting that a session of another host uses within an hour of it.';
revoke execute on function private.refuse_foreign_meeting() from public;

create trigger success_sessions_5_shared_meeting
before insert or update of zoom_meeting_id, platform, platform_data, start_time, end_time, status
on public.success_sessions
for each row execute function private.refuse_foreign_meeting();

-- SEQUENCE rises when something changes that an invitation shows (RFC 5545, section 3.8.7.4); the clock moving the
-- status is no revision.
create function private.revise_session()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.updated_at := clock_timestamp();
    if (
        new.title, new.description, new.start_time, new.end_time, new.timezone, new.platform, new.link, new.backup_link,
        new.link_failed_at, new.zoom_meeting_id, new.credentials_updated_at, new.backup_credentials_updated_at,
        new.registration_required, new.mentor_id, new.course_id, new.batch_id, new.cancel_reason,
        new.status = 'cancelled'
    ) is distinct from (
        old.title, old.description, old.start_time, old.end_time, old.timezone, old.platform, old.link, old.backup_link,
        old.link_failed_at, old.zoom_meeting_id, old.credentials_updated_at, old.backup_credentials_updated_at,
        old.registration_required, old.mentor_id, old.course_id, old.batch_id, old.cancel_reason,
        old.status = 'cancelled'
    ) then
        new.sequence := old.sequence + 1;
    end if;
    return new;
end
$$;
comment on function private.revise_session() is 'Raises sequence when a change is one that people see, and sets updated_at.';
revoke execute on function private.revise_session() from public;

create trigger success_sessions_6_revision before update on public.success_sessions
for each row execute function private.revise_session();

-- The last guard of the write-only fields: whatever let a secret into the row (an upsert racing with a delete), the
-- write fails. Not a check constraint: those also judge the proposed row of an upsert, and print it into the error and
-- the log.
create function private.refuse_stored_credentials()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT409',
        message = 'the session changed while it was being saved',
        hint = 'Save it again.';
end
$$;
comment on function private.refuse_stored_credentials() is 'Fails a write that would leave a write-only field in the row.';
revoke execute on function private.refuse_stored_credentials() from public;

create trigger refuse_stored_credentials
after insert or update on public.success_sessions
for each row
when (
    new.zoom_passcode is not null
    or new.link ~* '[?&#]pwd='
    or new.backup_link ~* '[?&#]pwd='
    or new.platform_data ? 'host_link'
)
execute function private.refuse_stored_credentials();

create trigger refuse_stored_credentials
after insert or update on public.session_series
for each row
when (
    new.zoom_passcode is not null
    or new.link ~* '[?&#]pwd='
    or new.backup_link ~* '[?&#]pwd='
    or new.platform_data ? 'host_link'
)
execute function private.refuse_stored_credentials();

create trigger refuse_stored_credentials
after insert or update on public.session_recordings
for each row
when (new.url is not null)
execute function private.refuse_stored_credentials();

-- Vault knows no foreign keys: a deleted session, series or recording takes its secrets with it here.
-- Security definer: Vault is closed to whoever deletes.
create function private.forget_session_credentials()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.set_session_secret(tg_table_name, old.id, kind, null)
    from unnest(enum_range(null::private.session_secret)) as kind;
    return null;
end
$$;
comment on function private.forget_session_credentials() is 'Removes the secrets of a deleted session, series or recording from Vault.';
revoke execute on function private.forget_session_credentials() from public;

create trigger forget_session_credentials after delete on public.success_sessions
for each row execute function private.forget_session_credentials();
create trigger forget_session_credentials after delete on public.session_series
for each row execute function private.forget_session_credentials();
create trigger forget_session_credentials after delete on public.session_recordings
for each row execute function private.forget_session_credentials();

-- Security definer: the writer need not be able to read platforms.
create function private.set_meeting_account_defaults()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    new.max_concurrent_meetings := coalesce(
        new.max_concurrent_meetings,
        (
            select platform.max_concurrent_meetings
            from public.meeting_platforms as platform
            where platform.id = new.platform
        )
    );
    return new;
end
$$;
comment on function private.set_meeting_account_defaults() is 'A new account hosts as many meetings at once as its platform lets it.';
revoke execute on function private.set_meeting_account_defaults() from public;

create trigger meeting_accounts_0_defaults before insert on public.meeting_accounts
for each row execute function private.set_meeting_account_defaults();

-- As for sessions: success_sessions_0_rights says why.
create trigger mentor_time_0_rights before insert on public.mentor_time_off
for each row execute function private.check_insert_rights(
    'only managers and mentors may enter the time of mentors',
    'Ask a manager to enter it.',
    'mentors enter their own time',
    'Leave mentor_id out, or ask a manager.'
);
create trigger mentor_time_0_rights before insert on public.mentor_availability
for each row execute function private.check_insert_rights(
    'only managers and mentors may enter the time of mentors',
    'Ask a manager to enter it.',
    'mentors enter their own time',
    'Leave mentor_id out, or ask a manager.'
);

-- Says in words what no foreign key can hold: a role may be taken away later, and then the rows mean nothing.
-- Security definer: the writer need not be able to read roles.
create function private.check_mentor_time_mentor()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.mentor_id is not null
        and not exists (
            select from public.user_roles as held where held.user_id = new.mentor_id and held.role = 'mentor'
        )
    then
        raise exception using
            errcode = '22023',
            message = format('mentor_id %s is not a mentor', new.mentor_id),
            hint = 'Choose a user with the role mentor.';
    end if;
    return new;
end
$$;
comment on function private.check_mentor_time_mentor() is 'Refuses with 22023 the time of somebody who is not a mentor.';
revoke execute on function private.check_mentor_time_mentor() from public;

create trigger mentor_time_1_mentor before insert or update of mentor_id on public.mentor_time_off
for each row execute function private.check_mentor_time_mentor();
create trigger mentor_time_1_mentor before insert or update of mentor_id on public.mentor_availability
for each row execute function private.check_mentor_time_mentor();

-- Time off and sessions of one mentor are written one after the other, so that each sees the other.
-- Security definer: the turn is taken by functions that are nobody else's business.
create function private.take_turn_for_time_off()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.mentor_id is not null then
        perform private.take_time_off_turn(new.mentor_id);
    end if;
    return new;
end
$$;
comment on function private.take_turn_for_time_off() is
    'Waits for those who are giving the mentor sessions at this moment, and keeps others waiting until time off is stored.';
revoke execute on function private.take_turn_for_time_off() from public;

create trigger mentor_time_off_2_turn
before insert or update of mentor_id, start_time, end_time on public.mentor_time_off
for each row execute function private.take_turn_for_time_off();

-- The constraints hold these rules; this says the same in words that name the field, the clash and the remedy.
-- Security definer: the writer need not be able to read zones.
create function private.check_mentor_hours()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_other public.mentor_availability;
begin
    perform private.check_timezone(new.timezone);

    select other.* into v_other
    from public.mentor_availability as other
    where
        other.mentor_id = new.mentor_id
        and other.weekday = new.weekday
        and other.timezone = new.timezone
        and other.start_time < new.end_time
        and other.end_time > new.start_time
        and other.id <> new.id
    order by other.start_time
    limit 1;
    if found then
        perform private.refuse_clash(
            'the mentor is available at these hours already',
            format(
                'clash with entry %s, weekday %s, %s to %s in %s',
                v_other.id,
                v_other.weekday,
                to_char(v_other.start_time, 'HH24:MI'),
                to_char(v_other.end_time, 'HH24:MI'),
                v_other.timezone
            ),
            'Change that entry instead.',
            'mentor_availability_mentor_id_no_overlap'
        );
    end if;
    return new;
end
$$;
comment on function private.check_mentor_hours() is
    'Refuses weekly hours in an unknown zone with 22023, and those that overlap others of the mentor with 23P01, naming them.';
revoke execute on function private.check_mentor_hours() from public;

create trigger mentor_availability_2_hours before insert or update on public.mentor_availability
for each row execute function private.check_mentor_hours();

-- == The calendar ====================================================================================================

-- Security definer: spares every calendar the policy on profiles.
create function private.my_timezone()
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce((select profile.timezone from public.profiles as profile where profile.id = auth.uid()), 'UTC');
end
$$;
comment on function private.my_timezone() is 'The calling user''s IANA time zone; UTC where there is no profile.';
revoke execute on function private.my_timezone() from public;
grant execute on function private.my_timezone() to authenticated;

-- Security definer: whoever sees a session may read its host's name, though not the host's profile.
create function private.mentor_name(mentor_id uuid)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select profile.full_name from public.profiles as profile where profile.id = mentor_name.mentor_id);
end
$$;
comment on function private.mentor_name(uuid) is 'Name of a session''s host; null when none is assigned.';
revoke execute on function private.mentor_name(uuid) from public;
grant execute on function private.mentor_name(uuid) to authenticated, service_role;

-- What the status is by the clock, for the moments before the notifier's tick has written it.
create function private.effective_session_status(
    status public.session_status,
    start_time timestamptz,
    end_time timestamptz
)
returns public.session_status
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when status in ('completed', 'cancelled') then status
        when now() >= end_time then 'completed'::public.session_status
        when now() >= start_time then 'live'::public.session_status
        else status
    end;
end
$$;
comment on function private.effective_session_status(public.session_status, timestamptz, timestamptz) is
    'Status by the clock: upcoming and live move on at start_time and end_time even before the stored status does.';
revoke execute on function private.effective_session_status(
    public.session_status, timestamptz, timestamptz
) from public;
grant execute on function private.effective_session_status(public.session_status, timestamptz, timestamptz)
to authenticated, service_role;

-- The calendar: every session the caller may see, cancelled ones left out, with its week and segment in the caller's
-- time zone.
-- `limit 1` keeps the planner from putting a function's call wherever its result is read: the zone is looked up once a
-- query and the clock once a row, not a dozen times a row (3,100 sessions: 47 ms instead of 816).
create view public.segmented_weekly_success_sessions
with (security_invoker = true)
as
select
    session.id,
    session.title,
    session.description,
    session.session_type,
    clock.status,
    session.course_id,
    session.batch_id,
    case
        when session.course_id is null then 'course-less'
        when session.batch_id is null then 'unbatched'
        else 'batch'
    end as audience,
    session.mentor_id,
    private.mentor_name(session.mentor_id) as mentor_name,
    session.start_time,
    session.end_time,
    session.timezone,
    caller.timezone as local_timezone,
    wall.local_start,
    session.end_time at time zone caller.timezone as local_end,
    wall.week_start,
    case
        when clock.status = 'completed' then 'past'
        when clock.status = 'live' then 'live'
        when wall.local_start::date = caller.today then 'today'
        when wall.week_start = caller.this_week then 'this_week'
        when wall.week_start = caller.this_week + 7 then 'next_week'
        else 'later'
    end as segment,
    session.platform,
    case when session.link_failed_at is null then session.link else session.backup_link end as link,
    session.backup_link,
    case when session.link_failed_at is null then session.zoom_meeting_id end as zoom_meeting_id,
    session.series_id,
    session.recurrence_id,
    session.sequence,
    opening.join_opens_at,
    (clock.status = 'live' or (clock.status = 'upcoming' and now() >= opening.join_opens_at))
    and num_nonnulls(session.link, session.link_failed_at) > 0
    and (
        not session.registration_required
        or registration.status is not distinct from 'registered'
        or coalesce(session.host_key between caller.hosts_from and caller.hosts_to, false)
    ) as can_join,
    attendance.status as attendance_status,
    attendance.joined_at,
    attendance.left_at,
    attendance.minutes_present,
    session.registration_required,
    case when session.registration_required then least(session.registration_closes_at, session.start_time) end
        as registration_closes_at,
    session.capacity,
    case when session.capacity is not null then private.seats_left(session.id, session.capacity) end as seats_left,
    registration.status as registration_status,
    case when registration.status = 'waitlisted' then private.my_waitlist_position(session.id) end
        as waitlist_position,
    session.link is null and session.link_failed_at is null as link_pending,
    session.link_failed_at is not null as is_on_backup_link
from public.success_sessions as session
cross join (
    select
        zone.timezone,
        zone.hosts_from,
        zone.hosts_to,
        (now() at time zone zone.timezone)::date as today,
        date_trunc('week', now() at time zone zone.timezone)::date as this_week
    from (
        select
            private.my_timezone() as timezone,
            private.my_hosts_from() as hosts_from,
            private.my_hosts_to() as hosts_to
        limit 1 -- noqa: AM09
    ) as zone
) as caller
cross join public.app_settings as settings
cross join lateral (
    select private.effective_session_status(session.status, session.start_time, session.end_time) as status
    limit 1 -- noqa: AM09
) as clock
cross join lateral (
    select
        session.start_time at time zone caller.timezone as local_start,
        date_trunc('week', session.start_time at time zone caller.timezone)::date as week_start
) as wall
cross join lateral (
    select session.start_time - make_interval(mins => settings.join_opens_minutes_before) as join_opens_at
) as opening
left join public.session_attendance as attendance
    on
        session.id = attendance.session_id
        and attendance.student_id = (select auth.uid())
left join public.session_registrations as registration
    on
        session.id = registration.session_id
        and registration.student_id = (select auth.uid())
where session.status <> 'cancelled';

comment on view public.segmented_weekly_success_sessions is
    'The caller''s calendar: every visible session that is not cancelled, with week and segment in the caller''s time zone, the status by the clock, and the caller''s own registration and attendance.';
comment on column public.segmented_weekly_success_sessions.id is 'The session.';
comment on column public.segmented_weekly_success_sessions.title is 'One line.';
comment on column public.segmented_weekly_success_sessions.description is 'Free text for those who take part.';
comment on column public.segmented_weekly_success_sessions.session_type is 'Kind of session.';
comment on column public.segmented_weekly_success_sessions.status is
    'Status by the clock, even before the stored one has moved.';
comment on column public.segmented_weekly_success_sessions.course_id is
    'Course whose active enrollments are the audience; null: explicit participants only.';
comment on column public.segmented_weekly_success_sessions.batch_id is
    'Batch of the course; null: the course''s unbatched students.';
comment on column public.segmented_weekly_success_sessions.audience is
    'batch, unbatched (the course''s students without a batch) or course-less (explicit participants only).';
comment on column public.segmented_weekly_success_sessions.mentor_id is 'Host; null while none is assigned.';
comment on column public.segmented_weekly_success_sessions.mentor_name is
    'Name of the host; null while none is assigned.';
comment on column public.segmented_weekly_success_sessions.start_time is 'Begin, an instant.';
comment on column public.segmented_weekly_success_sessions.end_time is 'End, an instant.';
comment on column public.segmented_weekly_success_sessions.timezone is 'IANA zone the wall-clock time is meant in.';
comment on column public.segmented_weekly_success_sessions.local_timezone is
    'The caller''s time zone, from the profile.';
comment on column public.segmented_weekly_success_sessions.local_start is
    'Wall-clock begin in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.local_end is 'Wall-clock end in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.week_start is
    'Monday of the session''s week in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.segment is
    'past, live, today, this_week, next_week or later, in the caller''s time zone.';
comment on column public.segmented_weekly_success_sessions.platform is 'Video platform, meeting_platforms.id.';
comment on column public.segmented_weekly_success_sessions.link is
    'Address of the meeting without its secret part, the backup link where the usual one has failed; join_session gives the whole.';
comment on column public.segmented_weekly_success_sessions.backup_link is
    'Address to use when the platform fails, without its secret part.';
comment on column public.segmented_weekly_success_sessions.zoom_meeting_id is
    'Zoom''s meeting number; null where the usual link has failed.';
comment on column public.segmented_weekly_success_sessions.series_id is
    'Series it belongs to; null for a single session.';
comment on column public.segmented_weekly_success_sessions.recurrence_id is
    'The start that the rule of its series first gave it; null for a single session.';
comment on column public.segmented_weekly_success_sessions.sequence is
    'Revision for calendars (RFC 5545, section 3.8.7.4).';
comment on column public.segmented_weekly_success_sessions.join_opens_at is 'When join_session opens.';
comment on column public.segmented_weekly_success_sessions.can_join is
    'Whether join_session would let the caller in now: the time has come, the link is there, and students have a seat where one is needed.';
comment on column public.segmented_weekly_success_sessions.attendance_status is
    'The caller''s own attendance; null for none.';
comment on column public.segmented_weekly_success_sessions.joined_at is
    'The caller''s own first join; null: never there.';
comment on column public.segmented_weekly_success_sessions.left_at is
    'The caller''s own last leave; null while there, or never there.';
comment on column public.segmented_weekly_success_sessions.minutes_present is
    'The caller''s own minutes in the session.';
comment on column public.segmented_weekly_success_sessions.registration_required is
    'Whether students need a seat to join: register_for_session.';
comment on column public.segmented_weekly_success_sessions.registration_closes_at is
    'When registration closes, at the start at the latest; null where none is required.';
comment on column public.segmented_weekly_success_sessions.capacity is 'Number of seats; null: unlimited.';
comment on column public.segmented_weekly_success_sessions.seats_left is 'Free seats; null: unlimited.';
comment on column public.segmented_weekly_success_sessions.registration_status is
    'The caller''s own registration: registered, waitlisted or cancelled; null: never registered.';
comment on column public.segmented_weekly_success_sessions.waitlist_position is
    'The caller''s place in the waitlist, 1 gets the next free seat; null unless waitlisted.';
comment on column public.segmented_weekly_success_sessions.link_pending is
    'Whether the meeting is still being set up by its platform, and link is null until it is.';
comment on column public.segmented_weekly_success_sessions.is_on_backup_link is
    'Whether the usual link has failed and everybody meets through the backup link.';

revoke all on public.segmented_weekly_success_sessions from public, anon, authenticated, service_role;
grant select on public.segmented_weekly_success_sessions to authenticated;

-- == Joining and attendance ==========================================================================================

-- Attendance is worked out from all that is known of a learner, so whoever adds to it goes one after the other: learner
-- by learner, or alone where all learners of a session are concerned. These locks come after every row lock.
create function private.take_presence_turn(session_id uuid, of_whom text default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if of_whom is null then
        perform pg_advisory_xact_lock(hashtextextended(format('presence/%s', session_id), 0));
        return;
    end if;
    perform pg_advisory_xact_lock_shared(hashtextextended(format('presence/%s', session_id), 0));
    perform pg_advisory_xact_lock(hashtextextended(format('presence/%s/%s', session_id, of_whom), 0));
-- A report over two sessions of one meeting, while the two end.
exception when deadlock_detected then
    perform private.refuse_simultaneous_writers();
end
$$;
comment on function private.take_presence_turn(uuid, text) is
    'Waits until nobody else records presence of this participant in this session, or of anybody in it (null), and keeps others waiting until the transaction ends; PT409 where the two would have waited for each other forever.';
revoke execute on function private.take_presence_turn(uuid, text) from public;

-- Which of the stored events count. A platform's report replaces what its webhooks told of the time that it covers; of
-- several reports with one id the latest counts.
create function private.believed_presence(session public.success_sessions, user_id uuid default null)
returns setof private.presence_events
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A webhook and a report may give times for the same join or leave that are a moment apart.
    v_slack constant interval := interval '1 minute';
    v_linked uuid[] := array(
        select unmatched.id
        from private.unmatched_participants as unmatched
        where unmatched.student_id = believed_presence.user_id and unmatched.session_id = session.id
    );
begin
    return query
    with
    report as materialized (
        select distinct on (told.platform, told.report_id)
            told.id,
            told.started_at,
            told.ended_at
        from private.presence_reports as told
        where told.session_id = session.id
        order by told.platform, told.report_id, told.id desc
    )

    select event.*
    from private.presence_events as event
    where
        event.session_id = session.id
        and (
            believed_presence.user_id is null
            or event.user_id = believed_presence.user_id
            or (event.user_id is null and (event.unmatched_id is null or event.unmatched_id = any(v_linked)))
        )
        and case
            when event.source <> 'platform' then true
            when event.report_id is not null then event.report_id in (select report.id from report)
            else not exists (
                select from report
                where event.occurred_at between report.started_at - v_slack and report.ended_at + v_slack
            )
        end;
end
$$;
comment on function private.believed_presence(public.success_sessions, uuid) is
    'The presence events of a session that count, of everybody or of one learner (with those of the participants they are linked to, and the ends of the meeting).';
revoke execute on function private.believed_presence(public.success_sessions, uuid) from public;

-- Presence as intervals. A join opens one, the next event of the same device closes it, so does the end of the meeting,
-- and an open one lasts until the session's end (or now). The union of all intervals, clipped to the scheduled time, is
-- what counts: a second device or a repeated join adds nothing.
--
-- A click on Join counts until the platform sees the learner leave, since hardly anybody clicks Leave. Whoever left
-- before joining opens was not there: either the session has been put off since, or they entered the meeting directly
-- and did not wait.
create function private.session_presence(session public.success_sessions, user_id uuid default null)
returns table (
    student_id uuid, joined_at timestamptz, left_at timestamptz, present_for interval, is_seen_by_platform boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until timestamptz := least(session.end_time, clock_timestamp());
    v_opens_at timestamptz := private.join_opens_at(session.start_time);
begin
    return query
    with
    word as materialized (
        select
            -- A subquery, because for a join the planner might read the review queue of all sessions.
            coalesce(
                event.user_id,
                (
                    select unmatched.student_id
                    from private.unmatched_participants as unmatched
                    where unmatched.id = event.unmatched_id
                )
            ) as user_id,
            event.unmatched_id,
            event.kind,
            event.occurred_at,
            event.source,
            event.connection_id,
            event.report_id,
            event.id
        from private.believed_presence(session, session_presence.user_id) as event
    ),

    ending as materialized (
        select word.occurred_at from word where word.kind = 'end'
        union all
        select (array_agg(report.ended_at order by report.id desc))[1]
        from private.presence_reports as report
        where report.session_id = session.id
        group by report.platform, report.report_id
    ),

    -- Platforms give times to the second, in which a device may leave and be back: a join and a leave of one device at
    -- the same time cancel each other out. Clicks are not added up; they are taken in the order in which they came.
    settled as (
        select
            word.user_id,
            word.source,
            word.unmatched_id,
            word.connection_id,
            word.report_id,
            word.occurred_at,
            min(word.id) as id,
            sum(case word.kind when 'join' then 1 else -1 end) as balance
        from word
        where word.user_id is not null
        group by
            word.user_id, word.source, word.unmatched_id, word.connection_id, word.report_id, word.occurred_at,
            case when word.source <> 'platform' then word.id end
    ),

    step as (
        select
            settled.*,
            settled.balance > 0 as is_join,
            lead(settled.occurred_at) over (
                partition by
                    settled.user_id, settled.source, settled.unmatched_id, settled.connection_id, settled.report_id
                order by settled.occurred_at, settled.id
            ) as next_at
        from settled
        where settled.balance <> 0
    ),

    stay as (
        select
            step.user_id,
            step.source,
            step.is_join,
            step.occurred_at as came_at,
            least(
                step.next_at,
                case
                    when step.report_id is null
                        then (select min(ending.occurred_at) from ending where ending.occurred_at >= step.occurred_at)
                end
            ) as went_at
        from step
        -- Without those whose leave may have got lost because the session was put off: a platform's events are only
        -- stored within an hour of a session (private.meeting_sessions), so a join long before the start has no leave.
        where not (
            step.source = 'platform'
            and step.is_join
            and step.next_at is null
            and step.occurred_at < session.start_time - interval '1 hour'
        )
    ),

    -- By windows, because the planner expects few learners, and a join would compare each with all the others.
    known as (
        select
            stay.*,
            range_agg(tstzrange(stay.came_at, greatest(coalesce(stay.went_at, v_until), stay.came_at)))
            filter (where stay.source = 'platform' and stay.is_join)
            over (partition by stay.user_id) as seen,
            array_agg(stay.came_at)
            filter (where stay.source = 'platform' and not stay.is_join)
            over (partition by stay.user_id) as leaves
        from stay
    ),

    presence as materialized (
        select
            known.user_id,
            known.source,
            known.came_at,
            case
                when known.source = 'platform' then known.went_at
                else least(
                    known.went_at,
                    (
                        select min(leave.occurred_at)
                        from unnest(known.leaves) as leave (occurred_at)
                        where leave.occurred_at >= known.came_at and known.seen @> leave.occurred_at is not true
                    )
                )
            end as went_at
        from known
        where known.is_join
    ),

    learner as (
        select
            presence.user_id,
            min(presence.came_at) as first_join,
            max(presence.went_at) as last_leave,
            bool_or(presence.went_at is null) as is_there,
            bool_or(presence.source = 'platform') as is_seen,
            range_agg(
                tstzrange(presence.came_at, greatest(coalesce(presence.went_at, v_until), presence.came_at))
            ) * tstzmultirange(tstzrange(session.start_time, session.end_time)) as intervals
        from presence
        where presence.went_at is null or presence.went_at >= v_opens_at
        group by presence.user_id
    )

    select
        learner.user_id,
        learner.first_join,
        case
            when not learner.is_there then learner.last_leave
            when session.status = 'completed' then greatest(session.end_time, learner.first_join)
        end,
        coalesce((select sum(upper(part) - lower(part)) from unnest(learner.intervals) as part), interval '0'),
        learner.is_seen
    from learner;
end
$$;
comment on function private.session_presence(public.success_sessions, uuid) is
    'First join, last leave (null while there), time present (union of intervals, clipped to the session) and whether the platform saw them, of each learner who came, or of the one given.';
revoke execute on function private.session_presence(public.success_sessions, uuid) from public;

create function private.absence(session_id uuid, student_id uuid)
returns public.attendance_status
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when exists (
            select from public.session_excuses as excuse
            where
                excuse.session_id = absence.session_id
                and excuse.student_id = absence.student_id
                and excuse.status = 'approved'
        ) then 'excused'::public.attendance_status
        else 'absent'
    end;
end
$$;
comment on function private.absence(uuid, uuid) is
    'What somebody is who did not come: excused, if the host has approved it, else absent.';
revoke execute on function private.absence(uuid, uuid) from public;

-- See private.forget_presence: what is forgotten cannot be worked out again.
create function private.presence_is_forgotten(session public.success_sessions)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return session.end_time < (
        select clock_timestamp() - make_interval(months => settings.presence_retention_months) + interval '1 day'
        from public.app_settings as settings
    );
end
$$;
comment on function private.presence_is_forgotten(public.success_sessions) is
    'Whether a session is so long ago that its joins and leaves are deleted, or may be any day; its attendance stays.';
revoke execute on function private.presence_is_forgotten(public.success_sessions) from public;

-- Derives attendance from presence; runs after each join and leave (one learner), and when the session is over or a
-- report arrives (all of them). Marks made by hand or imported stay as they are. Where presence was measured before the
-- mark, joined_at, left_at and minutes_present go on being updated: else whoever is marked while the session runs would
-- seem to have stayed until then. Whoever turns out not to have come loses the automatic record, or is absent (or
-- excused) once the session is over, unless they had no seat and could not come. Callers hold the presence turn of the
-- learner, or of the session.
create function private.refresh_attendance(session public.success_sessions, user_id uuid default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    -- Read again under the turn: a caller that waited for it may have read the session before it was completed, and
    -- would by that delete everybody's absence.
    select current.* into v_session
    from public.success_sessions as current
    where current.id = session.id;
    if private.presence_is_forgotten(v_session) then
        return;
    end if;

    with
    presence as materialized (
        select *
        from private.session_presence(v_session, refresh_attendance.user_id)
    ),

    derived as (
        insert into public.session_attendance as attendance
        (session_id, student_id, status, joined_at, left_at, minutes_present, source)
        select
            v_session.id,
            presence.student_id,
            case
                when
                    v_session.status = 'completed'
                    and presence.present_for
                    < (v_session.end_time - v_session.start_time)
                    * (coalesce(rule.partial_below_percent, settings.partial_below_percent) / 100.0)
                    then 'partial'::public.attendance_status
                when
                    presence.joined_at > v_session.start_time
                    + make_interval(mins => coalesce(rule.late_after_minutes, settings.late_after_minutes))
                    then 'late'
                else 'present'
            end,
            presence.joined_at,
            presence.left_at,
            round(extract(epoch from presence.present_for) / 60),
            case
                when presence.is_seen_by_platform then 'platform'::public.attendance_source
                else 'join'
            end
        from presence
        cross join public.app_settings as settings
        left join public.attendance_rules as rule on rule.session_type = v_session.session_type
        order by presence.student_id
        on conflict (session_id, student_id) do update set
            status = case
                when attendance.source in ('manual', 'import') then attendance.status
                else excluded.status
            end,
            joined_at = excluded.joined_at,
            left_at = excluded.left_at,
            minutes_present = excluded.minutes_present,
            source = case
                when attendance.source in ('manual', 'import') then attendance.source
                else excluded.source
            end,
            updated_at = clock_timestamp()
        where
            attendance.source not in ('manual', 'import')
            or (
                attendance.joined_at is not null
                and (attendance.joined_at, attendance.left_at, attendance.minutes_present)
                is distinct from (excluded.joined_at, excluded.left_at, excluded.minutes_present)
            )
    ),

    missing as (
        update public.session_attendance as attendance set
            status = private.absence(v_session.id, attendance.student_id),
            joined_at = null,
            left_at = null,
            minutes_present = 0,
            source = 'join',
            updated_at = clock_timestamp()
        where
            v_session.status = 'completed'
            and attendance.session_id = v_session.id
            and (refresh_attendance.user_id is null or attendance.student_id = refresh_attendance.user_id)
            and attendance.source not in ('manual', 'import')
            and attendance.joined_at is not null
            and not exists (select from presence where presence.student_id = attendance.student_id)
            and private.has_seat(v_session, attendance.student_id)
    )

    delete from public.session_attendance as attendance
    where
        attendance.session_id = v_session.id
        and (refresh_attendance.user_id is null or attendance.student_id = refresh_attendance.user_id)
        and attendance.source not in ('manual', 'import')
        and not exists (select from presence where presence.student_id = attendance.student_id)
        and (
            v_session.status <> 'completed'
            or attendance.joined_at is not null and not private.has_seat(v_session, attendance.student_id)
        );
end
$$;
comment on function private.refresh_attendance(public.success_sessions, uuid) is
    'Writes attendance from presence, for one learner or all; manual and imported marks stay, with what was measured before them kept up to date.';
revoke execute on function private.refresh_attendance(public.success_sessions, uuid) from public;

-- Writes a join or leave seen by our own API and the attendance that follows from it. Parallel clicks line up; a
-- repeated join or leave adds nothing, unless the platform has seen the learner go meanwhile.
create function private.note_presence(session public.success_sessions, user_id uuid, kind private.presence_kind)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last private.presence_events;
begin
    perform private.take_presence_turn(session.id, user_id::text);
    if note_presence.kind = 'join' then
        -- Asked again under the turn: if the session was put off meanwhile, the joins so far have been deleted
        -- (private.forget_early_presence), and this one must not be left over.
        perform private.check_joining_is_open(current)
        from public.success_sessions as current
        where current.id = session.id;
    end if;
    select event.* into v_last
    from private.presence_events as event
    where event.session_id = session.id and event.user_id = note_presence.user_id and event.source = 'join'
    order by event.occurred_at desc, event.id desc
    limit 1;
    if coalesce(v_last.kind, 'leave') <> note_presence.kind
        or (
            note_presence.kind = 'join'
            and exists (
                select from private.presence_events as event
                where
                    event.session_id = session.id
                    and (event.user_id = note_presence.user_id or event.kind = 'end')
                    and event.source = 'platform'
                    and event.kind in ('leave', 'end')
                    and event.occurred_at > v_last.occurred_at
            )
        )
    then
        insert into private.presence_events (session_id, user_id, kind, occurred_at, source)
        values (session.id, user_id, kind, clock_timestamp(), 'join');
        perform private.refresh_attendance(session, user_id);
    end if;
end
$$;
comment on function private.note_presence(public.success_sessions, uuid, private.presence_kind) is
    'Records that a learner came or went through the API, once, and refreshes the attendance. PT409 where joining has closed since the caller looked.';
revoke execute on function private.note_presence(public.success_sessions, uuid, private.presence_kind) from public;

-- A click on Join counts until the session's end. When the session is put off, whoever had clicked would be present at
-- the new time without being there, so the clicks are deleted, unless joining is open for the new time, too. Where
-- joining was open for the old time, somebody may be clicking at this moment, and is waited for by the presence turn.
--
-- When a session that was called off is reinstated, all presence is deleted, the platform's too: while it was called
-- off, nothing that the platform told of people leaving was stored, and they would seem to be there still.
-- Security definer: whoever moves a session may not touch presence.
create function private.forget_early_presence()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Joining for the old time may open before this is committed.
    c_moment constant interval := interval '1 minute';
    v_is_reinstated constant boolean := old.status = 'cancelled';
begin
    if not v_is_reinstated and clock_timestamp() >= private.join_opens_at(new.start_time) then
        return null;
    end if;
    if clock_timestamp() < private.join_opens_at(old.start_time) - c_moment
        and not exists (
            select from private.presence_events as event
            where event.session_id = new.id and (event.source = 'join' or v_is_reinstated)
        )
    then
        delete from private.host_presence as presence where presence.session_id = new.id;
        return null;
    end if;
    perform private.take_presence_turn(new.id);
    delete from private.presence_events as event
    where event.session_id = new.id and (event.source = 'join' or v_is_reinstated);
    delete from private.host_presence as presence where presence.session_id = new.id;
    perform private.refresh_attendance(new);
    return null;
end
$$;
comment on function private.forget_early_presence() is
    'Forgets the clicks of learners and the coming of the host when a session is put off to a time for which joining is not open yet, and all presence when one that was called off is reinstated; automatic attendance follows, marks by hand stay.';
revoke execute on function private.forget_early_presence() from public;

create trigger forget_early_presence
after update of start_time, status on public.success_sessions
for each row
when (new.status = 'upcoming' and (new.start_time > old.start_time or old.status = 'cancelled'))
execute function private.forget_early_presence();

-- Called once a session is over, outside the write that ended it: it costs as much as there are students. Where
-- registration was required, those with a seat were expected; who had none could not come and is not absent.
create function private.finalize_attendance(session_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = finalize_attendance.session_id and session.status = 'completed';
    if not found then
        return;
    end if;
    perform private.take_presence_turn(v_session.id);
    perform private.refresh_attendance(v_session);
    insert into public.session_attendance (session_id, student_id, status, source)
    select
        v_session.id,
        learner.user_id,
        private.absence(v_session.id, learner.user_id),
        'join'
    from private.session_learners(v_session) as learner
    where private.has_seat(v_session, learner.user_id)
    order by learner.user_id
    on conflict do nothing;
end
$$;
comment on function private.finalize_attendance(uuid) is
    'Final attendance of a completed session: open presence ends with the session, partial is decided, the missing (of those registered, where registration was required) are absent, or excused where the host has approved it. Repeatable; nothing for other sessions.';
revoke execute on function private.finalize_attendance(uuid) from public;

create function private.attendance_counts(session_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select
            jsonb_build_object(
                'invited', count(*),
                'present', count(*) filter (where attendance.status = 'present'),
                'late', count(*) filter (where attendance.status = 'late'),
                'partial', count(*) filter (where attendance.status = 'partial'),
                'absent', count(*) filter (where attendance.status = 'absent'),
                'excused', count(*) filter (where attendance.status = 'excused')
            )
        from public.session_attendance as attendance
        where attendance.session_id = attendance_counts.session_id
    );
end
$$;
comment on function private.attendance_counts(uuid) is
    'Counts per attendance status of a session: {"invited", "present", "late", "partial", "absent", "excused"}.';
revoke execute on function private.attendance_counts(uuid) from public;

-- What the mentor's mail after the session says, and the file that goes with it. It is made while mails are claimed, so
-- the file is put together from its lines: the aggregate public.csv would copy it for each student.
create function private.attendance_summary(session_id uuid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.attendance_counts(session_id) || (
        select
            jsonb_build_object(
                'students', coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'full_name', listed.full_name,
                            'status', listed.status,
                            'minutes_present', listed.minutes_present,
                            'joined_at', listed.joined_at
                        )
                        order by listed.number
                    ),
                    '[]'
                ),
                'csv', coalesce(
                    string_agg(
                        -- With the first line private.add_csv_line adds the names of the columns.
                        private.add_csv_line(case when listed.number > 1 then '' end, listed.line), ''
                        order by listed.number
                    ),
                    ''
                )
            )
        from (
            select
                row_number() over (order by profile.full_name, profile.id) as number,
                profile.full_name,
                attendance.status,
                attendance.minutes_present,
                attendance.joined_at,
                line
            from public.session_attendance as attendance
            inner join public.profiles as profile on attendance.student_id = profile.id
            cross join lateral (
                select
                    profile.full_name,
                    attendance.status,
                    attendance.minutes_present,
                    private.utc_text(attendance.joined_at) as joined_at
            ) as line
            where attendance.session_id = attendance_summary.session_id
        ) as listed
    );
end
$$;
comment on function private.attendance_summary(uuid) is
    'Counts per attendance status and the students of a session: {"invited", "present", "late", "partial", "absent", "excused", "students": [{"full_name", "status", "minutes_present", "joined_at"}], "csv": the students as a CSV file (RFC 4180), formulas neutralised}.';
revoke execute on function private.attendance_summary(uuid) from public;

create function private.course_attendance(
    course_id uuid,
    student_id uuid,
    out attended integer,
    out sessions integer,
    out percent integer
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
begin
    select
        count(*) filter (where attendance.status in ('present', 'late', 'partial')),
        count(*)
    into attended, sessions
    from public.session_attendance as attendance
    inner join public.success_sessions as session on attendance.session_id = session.id
    where
        attendance.student_id = course_attendance.student_id
        and attendance.status <> 'excused'
        and session.course_id = course_attendance.course_id
        and session.status = 'completed';
    percent := attended * 100 / nullif(sessions, 0);
end
$$;
comment on function private.course_attendance(uuid, uuid) is
    'Of how many sessions of a course that are over a student attended how many, excused absences left out, and the share in percent, rounded down; null of none.';
revoke execute on function private.course_attendance(uuid, uuid) from public;

create function private.note_host_presence(session_id uuid, host_id uuid, joined_at timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into private.host_presence as presence (session_id, host_id, joined_at)
    values (session_id, host_id, joined_at)
    on conflict on constraint host_presence_pkey do update set joined_at = excluded.joined_at
    where presence.joined_at > excluded.joined_at;
end
$$;
comment on function private.note_host_presence(uuid, uuid, timestamptz) is
    'Records that a mentor joined a session that they host; the first time counts, in whatever order it is told.';
revoke execute on function private.note_host_presence(uuid, uuid, timestamptz) from public;

-- Part of join_session, for those who take part as students in a session that requires registration.
create function private.check_seat(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_closes_at timestamptz := least(session.registration_closes_at, session.start_time);
    v_is_open boolean := session.status = 'upcoming' and clock_timestamp() < v_closes_at;
    v_position integer;
begin
    if private.has_seat(session, auth.uid()) then
        return;
    end if;
    v_position := private.my_waitlist_position(session.id);
    raise exception using
        errcode = 'PT409',
        message = 'this session needs a registration, and you have no seat',
        detail = case
            when v_position is not null then format('you are number %s in the waitlist', v_position)
            when v_is_open then 'registration is open until ' || private.utc_text(v_closes_at)
            else 'registration is closed'
        end,
        hint = case
            when v_position is not null and clock_timestamp() < session.start_time
                then 'You are told when a seat becomes free.'
            when v_position is null and v_is_open then 'Call register_for_session.'
            else 'Look for another session in the calendar.'
        end;
end
$$;
comment on function private.check_seat(public.success_sessions) is
    'Refuses with PT409 a caller who has no seat in a session that requires registration, and names the remedy.';
revoke execute on function private.check_seat(public.success_sessions) from public;

-- What join_session and check_in refuse first.
create function private.check_not_over(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    case private.effective_session_status(session.status, session.start_time, session.end_time)
        when 'cancelled' then
            raise exception using
                errcode = 'PT409',
                message = 'this session was cancelled',
                detail = coalesce(session.cancel_reason, 'no reason was given'),
                hint = 'Look for another session in the calendar.';
        when 'completed' then
            raise exception using
                errcode = 'PT409',
                message = 'this session is over',
                detail = 'it ended at ' || private.utc_text(session.end_time),
                hint = 'Look for a recording or another session.';
        else null;
    end case;
end
$$;
comment on function private.check_not_over(public.success_sessions) is
    'Refuses with PT409 to enter a session that was cancelled or is over.';
revoke execute on function private.check_not_over(public.success_sessions) from public;

-- What join_session and check_in refuse before the time.
create function private.check_joining_is_open(session public.success_sessions)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_opens_at timestamptz := private.join_opens_at(session.start_time);
begin
    if clock_timestamp() < v_opens_at
        and private.effective_session_status(session.status, session.start_time, session.end_time) = 'upcoming'
    then
        raise exception using
            errcode = 'PT409',
            message = 'joining is not open yet',
            detail = 'joining opens at ' || private.utc_text(v_opens_at),
            hint = 'Try again then.';
    end if;
end
$$;
comment on function private.check_joining_is_open(public.success_sessions) is
    'Refuses with PT409 to enter a session before joining opens; the detail says when that is.';
revoke execute on function private.check_joining_is_open(public.success_sessions) from public;

-- Security definer: it is the API, and the only way for a student to a session's credentials. It reads Vault and writes
-- presence and the audit log, none of which the caller may touch.
create function public.join_session(session_id uuid)
returns public.session_join_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_is_learner boolean := private.is_session_learner(v_session, auth.uid());
    v_details public.session_join_details;
begin
    perform private.check_not_over(v_session);

    -- Before the time, too: whoever needs a seat should hear of it while there is time to get one.
    if v_is_learner and not private.is_manager() then
        perform private.check_seat(v_session);
    end if;

    perform private.check_joining_is_open(v_session);

    if v_session.link is null and v_session.link_failed_at is null then
        raise exception using
            errcode = 'PT409',
            message = 'the meeting is still being set up',
            detail = coalesce(
                (
                    select 'so far: ' || meeting.reason
                    from public.session_meetings as meeting
                    where
                        meeting.session_id = v_session.id
                        and meeting.is_wanted
                        and (private.is_session_host(v_session) or private.is_manager())
                ),
                'its link is not there yet'
            ),
            hint = 'Try again in a moment.';
    end if;

    -- A manager without a seat looks in, and does not attend.
    if v_is_learner and private.has_seat(v_session, auth.uid()) then
        perform private.note_presence(v_session, auth.uid(), 'join');
        select attendance.status into v_details.attendance_status
        from public.session_attendance as attendance
        where attendance.session_id = v_session.id and attendance.student_id = auth.uid();
    elsif private.is_session_host(v_session) then
        perform private.note_host_presence(v_session.id, auth.uid(), clock_timestamp());
    end if;

    perform private.audit_reveal('join_session', 'success_sessions', v_session.id);

    v_details.session_id := v_session.id;
    v_details.title := v_session.title;
    v_details.description := v_session.description;
    v_details.session_type := v_session.session_type;
    v_details.start_time := v_session.start_time;
    v_details.end_time := v_session.end_time;
    v_details.timezone := v_session.timezone;
    v_details.mentor_name := private.mentor_name(v_session.mentor_id);
    v_details.platform := v_session.platform;
    v_details.is_on_backup_link := v_session.link_failed_at is not null;
    v_details.backup_link := coalesce(
        private.get_session_secret('success_sessions', v_session.id, 'backup_link'), v_session.backup_link
    );
    if v_details.is_on_backup_link then
        -- Number and passcode are those of the meeting that has failed.
        v_details.link := v_details.backup_link;
    else
        v_details.link := coalesce(
            private.get_personal_link(v_session.id, auth.uid()),
            private.get_session_secret('success_sessions', v_session.id, 'link'),
            v_session.link
        );
        v_details.zoom_meeting_id := v_session.zoom_meeting_id;
        v_details.passcode := private.get_session_secret('success_sessions', v_session.id, 'zoom_passcode');
    end if;
    return v_details;
end
$$;
comment on function public.join_session(uuid) is
    'Enter a session: answers links, meeting id and passcode, and records attendance for students (of the host only when they first came, of managers nothing). Safe to repeat. Errors: PT404 unknown or not visible; PT409 cancelled, over, without a seat where registration is required, before the window (the detail says when it opens), or while the meeting is being set up. Each call is written to the audit log.';
revoke execute on function public.join_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.join_session(uuid) to authenticated;

-- Security definer: it is the API; it writes presence, which the caller may not touch.
create function public.leave_session(session_id uuid)
returns public.session_attendance
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_attendance public.session_attendance;
begin
    -- Whoever joined may leave, even if access has ended meanwhile.
    if exists (
        select from private.presence_events as event
        where event.session_id = leave_session.session_id and event.user_id = auth.uid()
    ) then
        select session.* into v_session
        from public.success_sessions as session
        where session.id = leave_session.session_id;
    end if;
    if v_session.id is null then
        v_session := private.visible_session(session_id);
        raise exception using
            errcode = 'PT409',
            message = 'you have not joined this session',
            hint = 'Call join_session first; hosts and managers have no attendance to end.';
    end if;

    if v_session.status <> 'completed' then
        perform private.note_presence(v_session, auth.uid(), 'leave');
    end if;
    select attendance.* into v_attendance
    from public.session_attendance as attendance
    where attendance.session_id = v_session.id and attendance.student_id = auth.uid();
    return v_attendance;
end
$$;
comment on function public.leave_session(uuid) is
    'Leave a session: closes the caller''s open presence and answers the attendance so far. Safe to repeat. Errors: PT404 unknown or not visible; PT409 never joined.';
revoke execute on function public.leave_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.leave_session(uuid) to authenticated;

-- Security definer: it is the API; it reads Vault and writes the audit log, which the caller may not touch.
create function public.session_credentials(session_id uuid)
returns public.session_credential_details
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_details public.session_credential_details;
begin
    if not (private.is_session_host(v_session) or private.is_manager()) then
        raise exception using
            errcode = '42501',
            message = 'only the host and managers may read the credentials of a session',
            hint = 'Students enter with join_session.';
    end if;

    perform private.audit_reveal('session_credentials', 'success_sessions', v_session.id);

    v_details.session_id := v_session.id;
    v_details.platform := v_session.platform;
    v_details.link := coalesce(private.get_session_secret('success_sessions', v_session.id, 'link'), v_session.link);
    v_details.backup_link := coalesce(
        private.get_session_secret('success_sessions', v_session.id, 'backup_link'), v_session.backup_link
    );
    v_details.zoom_meeting_id := v_session.zoom_meeting_id;
    v_details.passcode := private.get_session_secret('success_sessions', v_session.id, 'zoom_passcode');
    v_details.host_link := private.get_session_secret('success_sessions', v_session.id, 'host_link');
    return v_details;
end
$$;
comment on function public.session_credentials(uuid) is
    'The links, passcode and host link of a session, for its host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else. Each call is written to the audit log.';
revoke execute on function public.session_credentials(uuid) from public, anon, authenticated, service_role;
grant execute on function public.session_credentials(uuid) to authenticated;

-- The door of what only host and managers do to a session that is not over; its row is locked, and as it is now.
create function private.lock_run_session(session_id uuid)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_status public.session_status;
begin
    perform private.check_session_staff(v_session);
    select session.* into v_session
    from public.success_sessions as session
    where session.id = v_session.id
    for no key update;
    v_status := private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time);
    if v_status in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('this session is %s', case v_status when 'completed' then 'over' else v_status::text end),
            hint = 'This can be done until a session ends.';
    end if;
    return v_session;
end
$$;
comment on function private.lock_run_session(uuid) is
    'The session, locked until the transaction ends, for its host and managers; PT404 not visible, 42501 for others, PT409 over or cancelled.';
revoke execute on function private.lock_run_session(uuid) from public;

-- Security definer: it is the API; the two columns are written by it alone.
create function public.report_link_failure(session_id uuid, note text default null)
returns public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.lock_run_session(session_id);
begin
    if v_session.backup_link is null then
        raise exception using
            errcode = 'PT409',
            message = 'this session has no backup link',
            hint = 'Change its link, or give it a backup_link first.';
    end if;
    if v_session.link_failed_at is null then
        update public.success_sessions as session
        set link_failed_at = clock_timestamp(), link_failure_note = nullif(btrim(report_link_failure.note), '')
        where session.id = v_session.id
        returning session.* into v_session;
    end if;
    return v_session;
end
$$;
comment on function public.report_link_failure(uuid, text) is
    'The meeting''s link does not work: everybody is led to backup_link at once, by join_session, the calendar and one mail, with the note (at most 500 characters). Host and managers; safe to repeat; withdraw_link_failure undoes it, and so does another link. Errors: PT404 unknown or not visible; 42501 for everybody else; PT409 no backup link, over or cancelled; 22023 the note is too long.';
revoke execute on function public.report_link_failure(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.report_link_failure(uuid, text) to authenticated;

-- Security definer: it is the API; the two columns are written by it and report_link_failure alone.
create function public.withdraw_link_failure(session_id uuid)
returns public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.lock_run_session(session_id);
begin
    if v_session.link_failed_at is not null then
        update public.success_sessions as session
        set link_failed_at = null, link_failure_note = null
        where session.id = v_session.id
        returning session.* into v_session;
    end if;
    return v_session;
end
$$;
comment on function public.withdraw_link_failure(uuid) is
    'The meeting''s link works again: everybody is led to it as before report_link_failure, and told by mail if they were told of the failure. Host and managers; safe to repeat. Errors: PT404 unknown or not visible; 42501 for everybody else; PT409 over or cancelled.';
revoke execute on function public.withdraw_link_failure(uuid) from public, anon, authenticated, service_role;
grant execute on function public.withdraw_link_failure(uuid) to authenticated;
