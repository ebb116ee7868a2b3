-- Series of sessions: created, edited and called off as a whole or from a date on, and blackout dates they skip.

-- == Series ==========================================================================================================

-- A session of a series that is to be made, or to take up another time, mentor or account: what must not clash.
create type private.series_step as (
    session_id uuid, -- null: it is to be made
    series_date date, -- the day of the series, in its zone
    start_time timestamptz,
    end_time timestamptz,
    mentor_id uuid,
    meeting_account_id uuid
);
comment on type private.series_step is 'A session of a series that is to be made (session_id null) or moved: when, who hosts it, on which account.';

-- JSON instead of columns: what a column's type refuses is refused here, by name. Values are left out of messages, for
-- some of them are secret.
create function private.check_session_fields(argument text, given jsonb, other_keys text[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_texts constant text[] := array[
        'title', 'description', 'session_type', 'timezone', 'platform', 'link', 'backup_link', 'zoom_meeting_id',
        'zoom_passcode'
    ];
    c_ids constant text[] := array['course_id', 'batch_id', 'mentor_id', 'meeting_account_id'];
    c_instants constant text[] := array['start_time', 'end_time', 'registration_closes_at'];
    c_keys constant text[] := c_texts || c_ids || c_instants
        || array['platform_data', 'registration_required', 'capacity', 'reminder_minutes'];
    v_key text;
    v_value jsonb;
    v_problem text;
begin
    if jsonb_typeof(given) is distinct from 'object' then
        raise exception using
            errcode = '22023',
            message = format('%s must be a JSON object', argument),
            hint = 'Send the fields by their names, such as {"title": "Office hours"}.';
    end if;
    for v_key, v_value in select field.key, field.value from jsonb_each(given) as field order by field.key loop
        if v_key <> all(c_keys || other_keys) then
            raise exception using
                errcode = '22023',
                message = format('%s has no field %s', argument, quote_literal(left(v_key, 60))),
                hint = format('Use %s.', array_to_string(c_keys || other_keys, ', '));
        end if;
        v_problem := case
            when jsonb_typeof(v_value) = 'null' then null
            when v_key = any(c_texts) and jsonb_typeof(v_value) <> 'string' then 'a text'
            when v_key = 'session_type'
                and v_value #>> '{}' <> all(enum_range(null::public.session_type)::text[])
                then array_to_string(enum_range(null::public.session_type), ', ')
            when v_key = any(c_ids)
                and (
                    jsonb_typeof(v_value) <> 'string'
                    or v_value #>> '{}' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                )
                then 'the id of a row'
            when v_key = any(c_instants)
                and (jsonb_typeof(v_value) <> 'string' or private.iso_instant(v_value #>> '{}') is null)
                then 'an instant with its offset, such as 2027-03-01T18:00:00+01:00'
            when v_key = 'capacity' and v_value::text !~ '^-?[0-9]{1,9}$' then 'a whole number'
            when v_key = 'reminder_minutes'
                and (jsonb_typeof(v_value) <> 'array' or v_value::text !~ '^\[(-?[0-9]{1,9}(, -?[0-9]{1,9})*)?\]$')
                then 'a list of minutes'
            when v_key = 'registration_required' and jsonb_typeof(v_value) <> 'boolean' then 'true or false'
            when v_key = 'platform_data' and jsonb_typeof(v_value) <> 'object' then 'a JSON object'
        end;
        if v_problem is not null then
            raise exception using
                errcode = '22023',
                message = format('%s of %s must be %s', v_key, argument, v_problem),
                hint = 'Nothing was written.';
        end if;
    end loop;
end
$$;
comment on function private.check_session_fields(text, jsonb, text[]) is
    'Refuses with 22023 what cannot be fields of a session: no object, an unknown key (other_keys are known to the caller), a value of another type. Nulls pass. argument: what the caller calls it.';
revoke execute on function private.check_session_fields(text, jsonb, text[]) from public;

create function private.blackout_name(day date, course_id uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select blackout.name
        from public.blackout_dates as blackout
        where
            (blackout.course_id is null or blackout.course_id = blackout_name.course_id)
            and day between blackout.first_date and blackout.last_date
        order by blackout.course_id nulls last, blackout.first_date, blackout.name
        limit 1
    );
end
$$;
comment on function private.blackout_name(date, uuid) is
    'Name of the blackout that the day is in, of the course or else of the platform (a null course: of the platform only); null: none.';
revoke execute on function private.blackout_name(date, uuid) from public;

create function private.series_dates(
    series public.session_series,
    from_time timestamptz,
    to_time timestamptz default null,
    max_dates integer default null
)
returns table (series_date date, start_time timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_to constant timestamptz := least(
        to_time, private.local_to_instant((series.last_date + 1)::timestamp, series.timezone)
    );
    v_from constant timestamptz := greatest(
        from_time, private.local_to_instant(series.first_date::timestamp, series.timezone)
    );
begin
    return query
    select
        occurrence.local_start::date,
        occurrence.start_time
    from private.expand_rrule(
        series.rrule, series.start_time, series.timezone, max_dates + cardinality(series.exdates), v_from, v_to
    ) as occurrence
    where occurrence.local_start::date <> all(series.exdates)
    order by occurrence.start_time
    limit max_dates;
end
$$;
comment on function private.series_dates(public.session_series, timestamptz, timestamptz, integer) is
    'The dates of the part of its rule that a series has, in order, from_time <= start_time < to_time (null: to its end), at most max_dates; blackouts are not left out. Without max_dates 22023 beyond 1,000.';
revoke execute on function private.series_dates(public.session_series, timestamptz, timestamptz, integer) from public;

create function private.series_horizon(series public.session_series)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_whole public.session_series := series;
    v_first timestamptz;
begin
    -- A part is made no further ahead than the whole would be.
    v_whole.first_date := null;
    select coming.start_time into v_first
    from private.series_dates(v_whole, v_now, null, 1) as coming;
    return greatest(v_now, v_first)
        + make_interval(days => (select settings.series_horizon_days from public.app_settings as settings));
end
$$;
comment on function private.series_horizon(public.session_series) is
    'Until when the sessions of a series are made: app_settings.series_horizon_days from now, or from its next date if that is later, so that there is one.';
revoke execute on function private.series_horizon(public.session_series) from public;

-- What has begun is not made any more: a series may have started weeks ago.
create function private.plan_new_steps(series public.session_series, from_time timestamptz, to_time timestamptz)
returns private.series_step[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_steps private.series_step[];
begin
    with missing as materialized (
        select
            listed.series_date,
            listed.start_time
        from private.series_dates(series, greatest(from_time, clock_timestamp()), to_time) as listed
        where not exists (
            select from public.success_sessions as session
            where session.series_id = series.id and session.series_date = listed.series_date
        )
    ),

    -- Sessions that lost their day by a change of the rule and were reinstated: they stand for the day again now that
    -- the rule has it.
    reinstated as (
        update public.success_sessions as session
        set series_id = series.id, series_date = missing.series_date
        from missing
        where
            session.calendar_uid = series.calendar_uid
            and session.series_date is null
            and session.status = 'upcoming'
            and session.start_time = missing.start_time
        returning session.series_date
    ),

    coming as (
        select
            missing.series_date,
            missing.start_time,
            private.blackout_name(missing.series_date, series.course_id) as blackout
        from missing
        where not exists (select from reinstated where reinstated.series_date = missing.series_date)
    ),

    skipped as (
        insert into public.series_skips (series_id, series_date, reason, detail)
        select
            series.id,
            coming.series_date,
            'blackout',
            coming.blackout
        from coming
        where coming.blackout is not null
        on conflict on constraint series_skips_pkey
        do update set reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at
    )

    select array_agg(
        row(
            null::uuid, coming.series_date, coming.start_time, coming.start_time + series.duration, series.mentor_id,
            series.meeting_account_id
        )::private.series_step
        order by coming.start_time
    )
    into v_steps
    from coming
    where coming.blackout is null;
    return coalesce(v_steps, '{}');
end
$$;
comment on function private.plan_new_steps(public.session_series, timestamptz, timestamptz) is
    'The dates of a series from from_time until before to_time that are still to come and that no session stands for, without blackouts, which are noted in series_skips. A session that was reinstated at such a date stands for it from now on.';
revoke execute on function private.plan_new_steps(public.session_series, timestamptz, timestamptz) from public;

-- Each clash in two texts. `clashes` is for the caller: sessions and time off are named, since whoever is no manager
-- can change their own sessions only; what a meeting account hosts is named to managers and the system. `note` is for
-- series_skips, where the mentor of the series reads what managers and the clock have left out: it never says what an
-- account hosts. The callers hold the turns of all mentors and accounts.
create function private.step_clashes(steps private.series_step[], moved_session_ids uuid[])
returns table (ordinal bigint, clashes text, note text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_may_know_accounts constant boolean := auth.uid() is null or private.is_manager();
    v_buffer constant interval := (
        select make_interval(mins => settings.mentor_buffer_minutes) from public.app_settings as settings
    );
begin
    return query
    with
    step as materialized (
        select
            listed.*,
            lag(listed.end_time) over (partition by listed.mentor_id order by listed.start_time, listed.ordinality)
                as free_from
        from unnest(steps) with ordinality as listed
    ),

    refused as materialized (
        select
            step.ordinality,
            nullif(concat_ws(
                '; ',
                (
                    select string_agg(private.clash_text(taken), '; ' order by taken.start_time, taken.session_id)
                    from private.mentor_clashes(
                        step.mentor_id, step.start_time, step.end_time, moved_session_ids
                    ) as taken
                ),
                case
                    when step.start_time < step.free_from + v_buffer and step.mentor_id is not null
                        then format(
                            'too close to the date before it, which ends at %s', private.utc_text(step.free_from)
                        )
                end
            ), '') as of_mentor,
            case
                when hosted.meetings is not null or account.max_concurrent_meetings = 0
                    then concat_ws(
                        ': ',
                        format(
                            'meeting account %s hosts %s at once',
                            quote_literal(account.name),
                            account.max_concurrent_meetings
                        ),
                        hosted.meetings
                    )
            end as of_account
        from step
        left join public.meeting_accounts as account on step.meeting_account_id = account.id
        cross join lateral (
            select
                string_agg(private.clash_text(taken), '; ' order by taken.start_time, taken.session_id) as meetings
            from private.meeting_account_clashes(
                step.meeting_account_id, step.start_time, step.end_time, moved_session_ids
            ) as taken
        ) as hosted
    )

    select
        refused.ordinality,
        concat_ws(
            '; ', refused.of_mentor, case when v_may_know_accounts then refused.of_account else unnamed.of_account end
        ),
        concat_ws('; ', refused.of_mentor, unnamed.of_account)
    from refused
    cross join lateral (
        select case when refused.of_account is not null then 'the meeting account is not free' end as of_account
    ) as unnamed
    where num_nonnulls(refused.of_mentor, refused.of_account) > 0
    order by refused.ordinality;
end
$$;
comment on function private.step_clashes(private.series_step[], uuid[]) is
    'Which of these steps, by number from 1, cannot be taken, and why, in words: the mentor or the account is not free, sessions moved away meanwhile left aside, or two of them are too close to each other. clashes is for the caller; note, which names nothing that an account hosts, for series_skips. It sees what is committed.';
revoke execute on function private.step_clashes(private.series_step[], uuid[]) from public;

-- Takes the turns of all mentors and accounts concerned, in the order of their ids, before it looks: from then on
-- nobody else plans with them until the transaction ends.
create function private.take_free_steps(
    series_id uuid,
    steps private.series_step[],
    moved_session_ids uuid[],
    skip_clashes boolean
)
returns private.series_step[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_steps private.series_step[] := steps;
    v_series public.session_series;
    v_session public.success_sessions;
    v_is_kept boolean;
    v_id uuid;
    v_clashing bigint[];
    v_lines text;
begin
    for v_id in
        select distinct step.mentor_id from unnest(steps) as step
        where step.mentor_id is not null
        order by step.mentor_id
    loop
        perform private.take_mentor_turn(v_id);
    end loop;

    -- Where the platform makes the meetings, the account is chosen for each time, as it will be when they are written.
    select series.* into v_series
    from public.session_series as series
    where series.id = take_free_steps.series_id;
    for v_number in 1..cardinality(v_steps) loop
        select session.* into v_session
        from public.success_sessions as session
        where session.id = v_steps[v_number].session_id;
        if not found and v_series.link is null and v_series.meeting_account_id is null then
            v_session.id := gen_random_uuid();
            v_session.platform := v_series.platform;
            v_is_kept := false;
        elsif v_steps[v_number].meeting_account_id is distinct from v_session.meeting_account_id or not exists (
            select from public.session_meetings as meeting
            where meeting.session_id = v_session.id and meeting.is_wanted
        ) then
            continue;
        else
            v_is_kept := v_steps[v_number].mentor_id is not distinct from v_session.mentor_id;
        end if;
        v_session.status := 'upcoming';
        v_session.mentor_id := v_steps[v_number].mentor_id;
        v_session.start_time := v_steps[v_number].start_time;
        v_session.end_time := v_steps[v_number].end_time;
        v_session.meeting_account_id := v_steps[v_number].meeting_account_id;
        v_steps[v_number].meeting_account_id := private.choose_meeting_account(v_session, v_is_kept);
    end loop;
    for v_id in
        select distinct step.meeting_account_id from unnest(v_steps) as step
        where step.meeting_account_id is not null
        order by step.meeting_account_id
    loop
        perform private.take_meeting_account_turn(v_id);
    end loop;

    with noted as (
        select
            found.ordinal,
            found.clashes,
            found.note,
            listed.session_id,
            listed.series_date,
            listed.start_time
        from private.step_clashes(v_steps, moved_session_ids) as found
        inner join unnest(v_steps) with ordinality as listed on found.ordinal = listed.ordinality
    ),

    skipped as (
        insert into public.series_skips (series_id, series_date, reason, detail)
        select
            take_free_steps.series_id,
            noted.series_date,
            'clash',
            noted.note
        from noted
        where skip_clashes and noted.session_id is null
        on conflict on constraint series_skips_pkey
        do update set reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at
    )

    select
        array_agg(noted.ordinal),
        string_agg(
            format('%s: %s', private.utc_text(noted.start_time), noted.clashes), e'\n' order by noted.start_time
        )
    into v_clashing, v_lines
    from noted;
    if v_clashing is not null and not skip_clashes then
        perform private.refuse_clash(
            format('%s of %s dates clash', cardinality(v_clashing), cardinality(v_steps)),
            v_lines,
            'Nothing was written. Choose another time, mentor or account, or leave them out with "on_clash": "skip".'
        );
    end if;
    return array(
        select row(
            listed.session_id, listed.series_date, listed.start_time, listed.end_time, listed.mentor_id,
            listed.meeting_account_id
        )::private.series_step
        from unnest(v_steps) with ordinality as listed
        where listed.ordinality <> all(coalesce(v_clashing, '{}'))
        order by listed.ordinality
    );
end
$$;
comment on function private.take_free_steps(uuid, private.series_step[], uuid[], boolean) is
    'The steps that can be taken, once it is the turn of this transaction with all mentors and accounts concerned. Unless clashes are skipped, 23P01 (409) when there is one, each date with its clashes in a line of the detail; dates that are not made because of one are noted in series_skips.';
revoke execute on function private.take_free_steps(uuid, private.series_step[], uuid[], boolean) from public;

-- A reader of secrets, for those who make sessions of a series, split it, or compare the two.
create function private.meeting_with_secrets(
    table_name text, id uuid, link text, backup_link text, platform_data jsonb
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_host_link constant text := private.get_session_secret(table_name, id, 'host_link');
begin
    return jsonb_build_object(
        'link', coalesce(private.get_session_secret(table_name, id, 'link'), link),
        'backup_link', coalesce(private.get_session_secret(table_name, id, 'backup_link'), backup_link),
        'zoom_passcode', private.get_session_secret(table_name, id, 'zoom_passcode'),
        'platform_data', platform_data || jsonb_strip_nulls(jsonb_build_object('host_link', v_host_link))
    );
end
$$;
comment on function private.meeting_with_secrets(text, uuid, text, text, jsonb) is
    'link, backup_link, zoom_passcode and platform_data of a session or series, given what stands in its row, with their secrets.';
revoke execute on function private.meeting_with_secrets(text, uuid, text, text, jsonb) from public;

-- A date that one change of the rule removed and another brings back is the same session again, with its registrations:
-- calendars know it by its recurrence_id. A new session has its start as recurrence_id, or the next second that is
-- free, if another session has the start already (after a change to a zone a whole day away), or if calendars may have
-- been sent the start as an EXDATE: programs bring nothing back that was excluded so, and would not show a VEVENT with
-- that RECURRENCE-ID.
create function private.add_series_sessions(series public.session_series, steps private.series_step[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_meeting constant jsonb := private.meeting_with_secrets(
        'session_series', series.id, series.link, series.backup_link, series.platform_data
    );
    v_known_ids constant timestamptz[] := array(
        select session.recurrence_id
        from public.success_sessions as session
        where session.calendar_uid = series.calendar_uid
        order by session.recurrence_id
    );
    v_timezone constant text := (
        select session.timezone
        from public.success_sessions as session
        where session.calendar_uid = series.calendar_uid and session.recurrence_id = v_known_ids[1]
    );
    v_sent_rule text;
    v_step private.series_step;
    v_recurrence_id timestamptz;
    v_taken public.success_sessions;
begin
    if exists (
        select from unnest(steps) as step
        where step.start_time > v_known_ids[1] and step.start_time < v_known_ids[cardinality(v_known_ids)]
    ) then
        v_sent_rule := private.ical_recurrence(v_known_ids, v_timezone);
    end if;
    foreach v_step in array steps loop
        v_recurrence_id := v_step.start_time;
        loop
            select session.* into v_taken
            from public.success_sessions as session
            where session.calendar_uid = series.calendar_uid and session.recurrence_id = v_recurrence_id;
            exit when case
                when found then v_taken.status = 'cancelled' and v_taken.series_date is null
                else strpos(v_sent_rule, private.ical_time('EXDATE', v_recurrence_id, v_timezone) || E'\r\n') > 0
                    is not true
            end;
            v_recurrence_id := v_recurrence_id + interval '1 second';
        end loop;
        if found then
            update public.success_sessions as session
            set
                series_id = series.id,
                series_date = v_step.series_date,
                status = 'upcoming',
                title = series.title,
                description = series.description,
                session_type = series.session_type,
                course_id = series.course_id,
                batch_id = series.batch_id,
                mentor_id = series.mentor_id,
                start_time = v_step.start_time,
                end_time = v_step.end_time,
                timezone = series.timezone,
                platform = series.platform,
                meeting_account_id = series.meeting_account_id,
                link = v_meeting ->> 'link',
                backup_link = v_meeting ->> 'backup_link',
                zoom_meeting_id = series.zoom_meeting_id,
                zoom_passcode = coalesce(v_meeting ->> 'zoom_passcode', ''),
                platform_data = v_meeting -> 'platform_data',
                registration_required = series.registration_required,
                registration_closes_at = v_step.start_time - series.registration_closes_before,
                capacity = series.capacity,
                reminder_minutes = series.reminder_minutes
            where session.id = v_taken.id;
        else
            insert into public.success_sessions (
                title, description, session_type, course_id, batch_id, mentor_id, start_time, end_time, timezone,
                platform, meeting_account_id, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data,
                registration_required, registration_closes_at, capacity, reminder_minutes, series_id, recurrence_id,
                series_date
            )
            values (
                series.title,
                series.description,
                series.session_type,
                series.course_id,
                series.batch_id,
                series.mentor_id,
                v_step.start_time,
                v_step.end_time,
                series.timezone,
                series.platform,
                series.meeting_account_id,
                v_meeting ->> 'link',
                v_meeting ->> 'backup_link',
                series.zoom_meeting_id,
                v_meeting ->> 'zoom_passcode',
                v_meeting -> 'platform_data',
                series.registration_required,
                v_step.start_time - series.registration_closes_before,
                series.capacity,
                series.reminder_minutes,
                series.id,
                v_recurrence_id,
                v_step.series_date
            );
        end if;
        delete from public.series_skips as skip
        where skip.series_id = series.id and skip.series_date = v_step.series_date;
    end loop;
end
$$;
comment on function private.add_series_sessions(public.session_series, private.series_step[]) is
    'Makes a session of the series, with its secrets, for each of these steps, which the caller has found free; one that a change of the rule had removed comes back instead.';
revoke execute on function private.add_series_sessions(public.session_series, private.series_step[]) from public;

-- Series that were split from one another share their calendar_uid and this lock: a date moves from one of them to the
-- other, so their rows alone would not do. Taken before the rows of series.
create function private.take_series_turn(calendar_uid uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.take_turn('series/' || calendar_uid);
end
$$;
comment on function private.take_series_turn(uuid) is
    'Waits for the turn of a series and those split from it, held until the end of the transaction: until then nobody else edits or extends them. PT409 when two writers would wait for each other forever.';
revoke execute on function private.take_series_turn(uuid) from public;

-- Security definer: it is the API; a series is written by nobody otherwise. It reads secrets and takes turns.
create function public.create_recurring_session(session jsonb, recurrence jsonb)
returns setof public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_manager constant boolean := private.is_manager();
    v_session jsonb;
    v_missing text;
    v_start timestamptz;
    v_end timestamptz;
    v_id uuid := gen_random_uuid();
    v_series public.session_series;
    v_horizon timestamptz;
    v_steps private.series_step[];
    v_free private.series_step[];
begin
    if not v_is_manager and not private.has_role('mentor') then
        raise exception using
            errcode = '42501',
            message = 'only managers and mentors may create sessions',
            hint = 'Ask a manager to create them.';
    end if;
    perform private.check_session_fields('session', session, '{}');
    -- Null is the same as left out.
    v_session := '{
        "session_type": "success_session", "timezone": "UTC", "platform": "zoom", "platform_data": {},
        "registration_required": false
    }'::jsonb || coalesce(
        (select jsonb_object_agg(sent.key, sent.value) from jsonb_each(session) as sent where sent.value <> 'null'),
        '{}'
    );
    if not v_is_manager then
        v_session := jsonb_build_object('mentor_id', auth.uid()) || v_session;
        if (v_session ->> 'mentor_id')::uuid <> auth.uid() then
            raise exception using
                errcode = '42501',
                message = 'mentor_id must be your own id: mentors create the sessions that they host',
                hint = 'Leave mentor_id out, or ask a manager.';
        end if;
        if v_session ? 'meeting_account_id' then
            raise exception using
                errcode = '42501',
                message = 'meeting_account_id is chosen by managers only',
                hint = 'Leave meeting_account_id out, or ask a manager.';
        end if;
    end if;
    v_missing := (
        select min(field.name) from unnest(array['title', 'start_time', 'link']) as field (name)
        where
            not v_session ? field.name
            -- No link is needed where an account makes the meetings.
            and (
                field.name <> 'link'
                or not exists (
                    select from public.meeting_accounts as account
                    where account.platform = v_session ->> 'platform' and account.external_id is not null
                )
            )
    );
    if v_missing is not null then
        raise exception using
            errcode = '22023',
            message = format('%s of session is missing', v_missing),
            hint = 'Send title, start_time and link.';
    end if;
    v_start := date_trunc('second', private.iso_instant(v_session ->> 'start_time'));
    v_end := date_trunc(
        'second', coalesce(private.iso_instant(v_session ->> 'end_time'), v_start + interval '60 minutes')
    );
    perform private.check_session_period(v_start, v_end);

    v_series := jsonb_populate_record(
        null::public.session_series, v_session - array['start_time', 'end_time', 'registration_closes_at']
    );
    v_series.id := v_id;
    v_series.rrule := private.recurrence_rule(
        private.without_on_clash(recurrence), v_start, v_series.timezone
    );
    v_series.exdates := private.recurrence_exdates(recurrence, v_start, v_series.timezone);
    v_series.start_time := v_start;
    v_series.duration := make_interval(secs => extract(epoch from v_end - v_start)::double precision);
    v_series.registration_closes_before := make_interval(
        secs => extract(
            epoch from v_start - private.iso_instant(v_session ->> 'registration_closes_at')
        )::double precision
    );
    v_horizon := private.series_horizon(v_series);
    select coming.start_time into v_series.next_start
    from private.series_dates(v_series, v_horizon, null, 1) as coming;

    insert into public.session_series (
        id, calendar_uid, rrule, start_time, timezone, duration, exdates, next_start, title, description, session_type,
        course_id, batch_id, mentor_id, platform, meeting_account_id, link, backup_link, zoom_meeting_id,
        zoom_passcode, platform_data, registration_required, registration_closes_before, capacity, reminder_minutes
    )
    values (
        v_id,
        v_id,
        v_series.rrule,
        v_series.start_time,
        v_series.timezone,
        v_series.duration,
        v_series.exdates,
        v_series.next_start,
        v_series.title,
        v_series.description,
        v_series.session_type,
        v_series.course_id,
        v_series.batch_id,
        v_series.mentor_id,
        v_series.platform,
        v_series.meeting_account_id,
        v_series.link,
        v_series.backup_link,
        v_series.zoom_meeting_id,
        v_series.zoom_passcode,
        v_series.platform_data,
        v_series.registration_required,
        v_series.registration_closes_before,
        v_series.capacity,
        v_series.reminder_minutes
    )
    returning * into v_series;

    -- Not from v_start on: where the clock shows the local time twice, the series means the first, and the second may
    -- have been sent.
    v_steps := private.plan_new_steps(v_series, clock_timestamp(), v_horizon);
    if v_steps = '{}' then
        raise exception using
            errcode = '22023',
            message = 'the recurrence has no dates to come',
            detail = coalesce(
                (
                    select string_agg(format('%s: %s', skip.series_date, skip.detail), e'\n' order by skip.series_date)
                    from public.series_skips as skip
                    where skip.series_id = v_id
                ),
                v_series.rrule
            ),
            hint = 'Let the rule and exdates leave a date that has not begun and is in no blackout.';
    end if;
    v_free := private.take_free_steps(v_id, v_steps, '{}', private.skips_clashes(recurrence));
    if v_free = '{}' then
        perform private.take_free_steps(v_id, v_steps, '{}', false);
    end if;
    perform private.add_series_sessions(v_series, v_free);

    return query
    select made.*
    from public.success_sessions as made
    where made.series_id = v_id
    order by made.start_time, made.id;
end
$$;
comment on function public.create_recurring_session(jsonb, jsonb) is
    'Creates a series and its sessions, all or nothing, and answers the sessions in the order of time; everybody is told in one mail. session: fields of success_sessions by name, start_time and end_time being those of the first date (the wall-clock time in timezone is kept); title, start_time and (unless a meeting account makes the meetings) link are required. recurrence: as in preview_recurrence, optionally with "on_clash": "skip" to leave out dates on which the mentor or the meeting account is not free (else refused). Days in blackout_dates are left out; series_skips lists both. Sessions are made for app_settings.series_horizon_days ahead, the others by the clock as time goes on. Managers; mentors with themselves as host. Errors: 42501; 22023, naming what is wrong; 23P01 (409) with every clashing date in a line of the detail.';
revoke execute on function public.create_recurring_session(jsonb, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.create_recurring_session(jsonb, jsonb) to authenticated;

-- What a session of a series has in common with it, but for when it takes place: where the two differ, somebody changed
-- the session for itself, and edits of the series leave that alone. Holds secrets; for comparison only.
create function private.session_content(session public.success_sessions)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.meeting_with_secrets(
        'success_sessions', session.id, session.link, session.backup_link, session.platform_data
    )
        || jsonb_build_object(
            'title', session.title,
            'description', session.description,
            'session_type', session.session_type,
            'course_id', session.course_id,
            'batch_id', session.batch_id,
            'mentor_id', session.mentor_id,
            'platform', session.platform,
            'meeting_account_id', session.meeting_account_id,
            'zoom_meeting_id', session.zoom_meeting_id,
            'registration_required', session.registration_required,
            'registration_closes_at', extract(epoch from session.start_time - session.registration_closes_at),
            'capacity', session.capacity,
            'reminder_minutes', session.reminder_minutes
        );
end
$$;
comment on function private.session_content(public.success_sessions) is
    'What a session has in common with its series, by the names of the API''s fields, secrets included; registration_closes_at in seconds before the start.';
revoke execute on function private.session_content(public.success_sessions) from public;

create function private.series_content(series public.session_series)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.meeting_with_secrets(
        'session_series', series.id, series.link, series.backup_link, series.platform_data
    )
        || jsonb_build_object(
            'title', series.title,
            'description', series.description,
            'session_type', series.session_type,
            'course_id', series.course_id,
            'batch_id', series.batch_id,
            'mentor_id', series.mentor_id,
            'platform', series.platform,
            'meeting_account_id', series.meeting_account_id,
            'zoom_meeting_id', series.zoom_meeting_id,
            'registration_required', series.registration_required,
            'registration_closes_at', extract(epoch from series.registration_closes_before),
            'capacity', series.capacity,
            'reminder_minutes', series.reminder_minutes
        );
end
$$;
comment on function private.series_content(public.session_series) is
    'private.session_content of a session that is as its series says.';
revoke execute on function private.series_content(public.session_series) from public;

create function private.series_start(series public.session_series, day date)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return private.local_to_instant(
        day + (date_trunc('second', series.start_time at time zone series.timezone))::time, series.timezone
    );
end
$$;
comment on function private.series_start(public.session_series, date) is
    'When a session of the series starts that stands for this day and was not moved; null for no day.';
revoke execute on function private.series_start(public.session_series, date) from public;

-- The end of a rule is an instant, but what it means is a last day. Another time of day must not cut that day off, nor
-- another zone add one.
create function private.rule_in_zone(series public.session_series, timezone text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rrule private.rrule := private.parse_rrule(series.rrule);
    v_last_day date := (v_rrule.until_time at time zone series.timezone)::date;
begin
    if v_last_day is null then
        return series.rrule;
    end if;
    if private.series_start(series, v_last_day) > v_rrule.until_time then
        v_last_day := v_last_day - 1;
    end if;
    return regexp_replace(
        series.rrule,
        'UNTIL=[0-9TZ]*',
        'UNTIL=' || private.ical_utc(
            private.local_to_instant((v_last_day + 1)::timestamp, timezone) - interval '1 second'
        )
    );
end
$$;
comment on function private.rule_in_zone(public.session_series, text) is
    'The rule of the series with the same last day, whatever the time of day, in another zone.';
revoke execute on function private.rule_in_zone(public.session_series, text) from public;

create function private.editable_session(session_id uuid, scope text)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    if scope is null or scope not in ('this', 'following', 'all') then
        raise exception using
            errcode = '22023',
            message = format(
                'scope must be this, following or all, not %s', coalesce(quote_literal(left(scope, 60)), 'null')
            ),
            hint = 'Send this for the session, following for it and the later ones of its series, all for the series.';
    end if;
    v_session := private.visible_session(session_id);
    if private.is_manager() then
        null;
    elsif not private.is_session_host(v_session) then
        raise exception using
            errcode = '42501',
            message = 'only managers and its mentor may change a session',
            hint = 'Ask a manager.';
    elsif scope <> 'this' and v_session.series_id is not null and not exists (
        select from public.session_series as series
        where series.id = v_session.series_id and series.mentor_id = auth.uid()
    ) then
        raise exception using
            errcode = '42501',
            message = 'only managers and the mentor of a series may change its other sessions',
            hint = 'Send scope this, or ask a manager.';
    end if;
    if scope <> 'this' and v_session.series_id is null then
        raise exception using
            errcode = '22023',
            message = format('scope %s needs a session of a series', scope),
            detail = format('session %s stands alone', v_session.id),
            hint = 'Send scope this.';
    end if;
    return v_session;
end
$$;
comment on function private.editable_session(uuid, text) is
    'The session, if the calling user may change it, or with scope following or all its series; else PT404 unknown or not visible, 42501 not allowed, 22023 no such scope or no series.';
revoke execute on function private.editable_session(uuid, text) from public;

create function private.lock_session(session_id uuid)
returns public.success_sessions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from public.success_sessions as session
    where session.id = lock_session.session_id
    for no key update;
    -- Whose it was may have changed while this was waiting, as may whether there is such a session.
    return private.editable_session(lock_session.session_id, 'this');
end
$$;
comment on function private.lock_session(uuid) is
    'Locks a session that private.editable_session has answered, and answers it as it is now, if it is still the caller''s to change.';
revoke execute on function private.lock_session(uuid) from public;

-- The order of locks: the turn of the series and those split from it, their rows, the sessions by id; the turns of
-- mentors come after these.
create function private.lock_series(session_id uuid, calendar_uid uuid, scope text)
returns public.session_series
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
    v_series public.session_series;
begin
    perform private.take_series_turn(calendar_uid);
    begin
        perform from public.session_series as series
        where series.calendar_uid = lock_series.calendar_uid
        order by series.id
        for no key update;
        perform from public.success_sessions as session
        where session.calendar_uid = lock_series.calendar_uid
        order by session.id
        for no key update;
    exception when deadlock_detected then
        perform private.refuse_simultaneous_writers();
    end;
    -- As it is now: while this was waiting it may have come into another part, or out of the caller's hands.
    v_session := private.editable_session(session_id, scope);
    select series.* into v_series
    from public.session_series as series
    where series.id = v_session.series_id;
    return v_series;
end
$$;
comment on function private.lock_series(uuid, uuid, text) is
    'Waits for the turn of a series, locks it, those split from it and their sessions, and answers the one that the session is of by then, if it is still the caller''s to change.';
revoke execute on function private.lock_series(uuid, uuid, text) from public;

-- What a form sends back as it was read is no change.
create function private.check_session_changes(session public.success_sessions, scope text, changes jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_series_keys constant text[] := array['recurrence', 'on_clash'];
    c_managers_keys constant text[] := array['mentor_id', 'course_id', 'batch_id', 'meeting_account_id'];
    c_demanded constant text[] := array[
        'title', 'session_type', 'start_time', 'end_time', 'timezone', 'platform', 'link', 'platform_data',
        'registration_required'
    ];
    v_changes jsonb := changes;
    v_key text;
begin
    perform private.check_session_fields('changes', changes, c_series_keys);
    if v_changes = '{}' then
        raise exception using
            errcode = '22023',
            message = 'changes must not be empty',
            hint = 'Send the fields to change, such as {"title": "Office hours"}.';
    end if;
    v_key := (select min(key) from jsonb_object_keys(v_changes) as key where key = any(c_series_keys));
    if v_key is not null and scope = 'this' then
        raise exception using
            errcode = '22023',
            message = format('%s of changes needs scope following or all', v_key),
            hint = 'One session has no rule; send start_time to move it.';
    end if;
    v_key := (
        select min(field.key) from jsonb_each(v_changes) as field
        where field.value = 'null' and field.key = any(c_demanded)
    );
    if v_key is not null then
        raise exception using
            errcode = '22023',
            message = format('%s of changes must not be null', v_key),
            hint = 'Send a value, or leave it out.';
    end if;
    perform private.check_timezone(v_changes ->> 'timezone');
    if not private.is_manager() then
        v_key := (
            select min(field.key) from jsonb_each(v_changes) as field
            where
                field.key = any(c_managers_keys)
                and (field.value #>> '{}')::uuid is distinct from (to_jsonb(session) ->> field.key)::uuid
        );
        if v_key is not null then
            raise exception using
                errcode = '42501',
                message = format('%s of an existing session can be changed by managers only', v_key),
                hint = 'Leave it out, or ask a manager.';
        end if;
        v_changes := v_changes - c_managers_keys;
    end if;
    -- If the zone changes, too, the same instant is another wall-clock time, and so a change.
    if coalesce(v_changes ->> 'timezone', session.timezone) = session.timezone
        and private.iso_instant(v_changes ->> 'start_time') = session.start_time
    then
        v_changes := v_changes - 'start_time';
    end if;
    if not v_changes ? 'start_time' and private.iso_instant(v_changes ->> 'end_time') = session.end_time then
        v_changes := v_changes - 'end_time';
    end if;
    return case when v_changes -> 'zoom_passcode' = 'null' then v_changes - 'zoom_passcode' else v_changes end;
end
$$;
comment on function private.check_session_changes(public.success_sessions, text, jsonb) is
    'The changes that update_session_series is to make to a session, or from it on, without those that change nothing; 22023 what cannot be changed so, 42501 what the caller may not change.';
revoke execute on function private.check_session_changes(public.success_sessions, text, jsonb) from public;

create function private.write_session(image public.success_sessions)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.success_sessions as session
    set
        title = image.title,
        description = image.description,
        session_type = image.session_type,
        course_id = image.course_id,
        batch_id = image.batch_id,
        mentor_id = image.mentor_id,
        start_time = image.start_time,
        end_time = image.end_time,
        timezone = image.timezone,
        platform = image.platform,
        meeting_account_id = image.meeting_account_id,
        link = image.link,
        backup_link = image.backup_link,
        zoom_meeting_id = image.zoom_meeting_id,
        zoom_passcode = image.zoom_passcode,
        platform_data = image.platform_data,
        registration_required = image.registration_required,
        registration_closes_at = image.registration_closes_at,
        capacity = image.capacity,
        reminder_minutes = image.reminder_minutes
    where session.id = image.id;
end
$$;
comment on function private.write_session(public.success_sessions) is
    'Writes the fields of a session that a form sends, as the image of its row has them; write-only ones only where they are in it.';
revoke execute on function private.write_session(public.success_sessions) from public;

create function private.update_session(session_id uuid, changes jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session constant public.success_sessions := private.lock_session(session_id);
    v_changes jsonb := private.check_session_changes(v_session, 'this', changes);
    v_image public.success_sessions;
    v_status public.session_status;
begin
    v_status := private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time);
    if v_status in ('completed', 'cancelled') then
        raise exception using
            errcode = 'PT409',
            message = format('the session is %s', v_status),
            detail = 'session ' || v_session.id,
            hint = 'Create a new session.';
    end if;
    v_image := jsonb_populate_record(v_session, v_changes);
    if v_changes ? 'timezone' and not v_changes ? 'start_time' then
        v_image.start_time := private.local_to_instant(
            v_session.start_time at time zone v_session.timezone, v_image.timezone
        );
    end if;
    if v_image.start_time <> v_session.start_time and not v_changes ? 'end_time' then
        v_image.end_time := v_image.start_time
            + make_interval(secs => extract(epoch from v_session.end_time - v_session.start_time)::double precision);
    end if;
    if not v_changes ? 'registration_closes_at' then
        v_image.registration_closes_at := v_image.start_time
            - make_interval(
                secs => extract(epoch from v_session.start_time - v_session.registration_closes_at)::double precision
            );
    end if;
    perform private.check_session_period(v_image.start_time, v_image.end_time);
    perform private.write_session(v_image);
end
$$;
comment on function private.update_session(uuid, jsonb) is
    'Changes one session, which private.editable_session has answered: another zone keeps the wall-clock time, another start the length and how long before it registration closes. Errors: as update_session_series.';
revoke execute on function private.update_session(uuid, jsonb) from public;

-- What an edit of a series comes to, before it is written.
create type private.series_edit as (
    old public.session_series,
    old_content jsonb, -- private.series_content of it
    new public.session_series, -- with another id where the series is split; write-only fields only where they change
    from_day date, -- first day that the edit is about
    is_split boolean,
    is_moved boolean, -- its time of day, length or zone changes
    has_new_rule boolean
);
comment on type private.series_edit is 'An edit of a series: what it was and is to be, and from which of its days on.';

-- Works out what the series is to be. The sessions of the scope that have not begun follow in
-- private.apply_series_edit.
create function private.series_edit(
    session public.success_sessions,
    series public.session_series,
    scope text,
    changes jsonb
)
returns private.series_edit
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_edit private.series_edit;
    v_new public.session_series;
    v_first_day constant date := coalesce(series.first_date, (series.start_time at time zone series.timezone)::date);
    v_zone constant text := coalesce(changes ->> 'timezone', series.timezone);
    v_time time := (date_trunc('second', series.start_time at time zone series.timezone))::time;
    v_start timestamptz := date_trunc('second', private.iso_instant(changes ->> 'start_time'));
    v_end constant timestamptz := date_trunc('second', private.iso_instant(changes ->> 'end_time'));
    v_day date := coalesce(session.series_date, (session.start_time at time zone v_zone)::date);
    v_rule_day date := v_first_day;
begin
    v_edit.old := series;
    v_edit.old_content := private.series_content(series);
    v_edit.has_new_rule := changes ? 'recurrence';
    v_edit.is_split := false;
    v_edit.from_day := v_first_day;
    if scope = 'following' then
        if session.status not in ('upcoming', 'cancelled') or session.start_time <= clock_timestamp() then
            raise exception using
                errcode = 'PT409',
                message = 'the session has begun; only what is to come of a series can change',
                detail = format('session %s started at %s', session.id, private.utc_text(session.start_time)),
                hint = 'Send a later session of the series, or scope all for everything that is to come.';
        elsif session.series_date is null then
            raise exception using
                errcode = 'PT409',
                message = 'the day of the session is no longer one of its series',
                detail = 'session ' || session.id,
                hint = 'Send another session of the series.';
        end if;
        v_edit.from_day := session.series_date;
        v_rule_day := session.series_date;
        v_edit.is_split := exists (
            select from public.success_sessions as earlier
            where earlier.series_id = series.id and earlier.series_date < session.series_date
        );
    end if;

    if v_start is not null then
        perform private.check_session_period(v_start, coalesce(v_end, v_start + series.duration));
        v_time := (v_start at time zone v_zone)::time;
        if v_edit.has_new_rule and scope = 'following' and (v_start at time zone v_zone)::date > v_day then
            v_rule_day := (v_start at time zone v_zone)::date;
            v_day := v_rule_day;
        elsif (v_start at time zone v_zone)::date <> v_day then
            raise exception using
                errcode = '22023',
                message = format('start_time of changes must lie on %s in %s, the day of the session', v_day, v_zone),
                detail = 'start_time is ' || private.utc_text(v_start),
                hint = 'Send another time of that day, recurrence for other days, or move one with reschedule_session.';
        end if;
    end if;
    -- The start that the end and the deadline in changes are measured from: a date that was moved has one of its own.
    v_start := case
        when v_start is null and session.start_time is distinct from private.series_start(series, session.series_date)
            then session.start_time
        else private.local_to_instant(v_day + v_time, v_zone)
    end;

    v_new := jsonb_populate_record(
        series,
        changes - array['start_time', 'end_time', 'registration_closes_at', 'recurrence', 'on_clash']
    );
    if v_new.platform <> series.platform and not changes ? 'meeting_account_id' then
        v_new.meeting_account_id := null;
    end if;
    if v_end is not null then
        perform private.check_session_period(v_start, v_end);
        v_new.duration := make_interval(secs => extract(epoch from v_end - v_start)::double precision);
    end if;
    if changes ? 'registration_closes_at' then
        v_new.registration_closes_before := make_interval(
            secs => extract(
                epoch from v_start - private.iso_instant(changes ->> 'registration_closes_at')
            )::double precision
        );
    end if;
    v_edit.is_moved := (v_time, v_zone, v_new.duration) is distinct from (
        (date_trunc('second', series.start_time at time zone series.timezone))::time, series.timezone, series.duration
    );
    if v_edit.has_new_rule then
        v_new.start_time := private.local_to_instant(v_rule_day + v_time, v_zone);
        v_new.rrule := private.recurrence_rule(changes -> 'recurrence', v_new.start_time, v_zone);
        v_new.exdates := private.recurrence_exdates(changes -> 'recurrence', v_new.start_time, v_zone);
        v_new.last_date := (
            select min(later.first_date) - 1
            from public.session_series as later
            where later.calendar_uid = series.calendar_uid and later.first_date > v_edit.from_day
        );
    elsif v_edit.is_moved then
        v_new.start_time := private.local_to_instant(
            (series.start_time at time zone series.timezone)::date + v_time, v_zone
        );
        v_new.rrule := private.rule_in_zone(series, v_zone);
        v_new.next_start := private.local_to_instant(
            (series.next_start at time zone series.timezone)::date + v_time, v_zone
        );
    end if;
    if v_edit.is_split then
        v_new.id := gen_random_uuid();
        v_new.first_date := v_edit.from_day;
    end if;
    v_new.retry_at := null;
    v_edit.new := v_new;
    return v_edit;
end
$$;
comment on function private.series_edit(public.success_sessions, public.session_series, text, jsonb) is
    'What changes, checked by private.check_session_changes, make of a series, which the caller has locked, given with the session that they were sent for. Errors: 22023, PT409.';
revoke execute on function private.series_edit(public.success_sessions, public.session_series, text, jsonb) from public;

-- A series that is split keeps its calendar_uid, and with it the identity of its dates in calendars. The sessions of
-- the days from the split on belong to the new part, whatever has become of them.
create function private.write_series(edit private.series_edit)
returns public.session_series
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new constant public.session_series := edit.new;
    v_old constant public.session_series := edit.old;
    v_meeting jsonb;
    v_written public.session_series;
begin
    if not edit.is_split then
        update public.session_series as series
        set
            rrule = v_new.rrule,
            start_time = v_new.start_time,
            timezone = v_new.timezone,
            duration = v_new.duration,
            exdates = v_new.exdates,
            last_date = v_new.last_date,
            next_start = v_new.next_start,
            retry_at = v_new.retry_at,
            title = v_new.title,
            description = v_new.description,
            session_type = v_new.session_type,
            course_id = v_new.course_id,
            batch_id = v_new.batch_id,
            mentor_id = v_new.mentor_id,
            platform = v_new.platform,
            meeting_account_id = v_new.meeting_account_id,
            link = v_new.link,
            backup_link = v_new.backup_link,
            zoom_meeting_id = v_new.zoom_meeting_id,
            zoom_passcode = v_new.zoom_passcode,
            platform_data = v_new.platform_data,
            registration_required = v_new.registration_required,
            registration_closes_before = v_new.registration_closes_before,
            capacity = v_new.capacity,
            reminder_minutes = v_new.reminder_minutes
        where series.id = v_old.id
        returning * into v_written;
        return v_written;
    end if;

    v_meeting := private.meeting_with_secrets(
        'session_series', v_old.id, v_old.link, v_old.backup_link, v_old.platform_data
    );
    insert into public.session_series (
        id, calendar_uid, rrule, start_time, timezone, duration, exdates, first_date, last_date, next_start, title,
        description, session_type, course_id, batch_id, mentor_id, platform, meeting_account_id, link, backup_link,
        zoom_meeting_id, zoom_passcode, platform_data, registration_required, registration_closes_before, capacity,
        reminder_minutes, created_by
    )
    values (
        v_new.id,
        v_new.calendar_uid,
        v_new.rrule,
        v_new.start_time,
        v_new.timezone,
        v_new.duration,
        v_new.exdates,
        v_new.first_date,
        v_new.last_date,
        v_new.next_start,
        v_new.title,
        v_new.description,
        v_new.session_type,
        v_new.course_id,
        v_new.batch_id,
        v_new.mentor_id,
        v_new.platform,
        v_new.meeting_account_id,
        -- A link that is sent as it reads, without its secret part, keeps that part.
        case when v_new.link = v_old.link then v_meeting ->> 'link' else v_new.link end,
        case when v_new.backup_link = v_old.backup_link then v_meeting ->> 'backup_link' else v_new.backup_link end,
        v_new.zoom_meeting_id,
        coalesce(v_new.zoom_passcode, v_meeting ->> 'zoom_passcode'),
        v_new.platform_data || case
            when v_new.platform_data ? 'host_link' or not v_meeting -> 'platform_data' ? 'host_link' then '{}'::jsonb
            else jsonb_build_object('host_link', v_meeting #> '{platform_data,host_link}')
        end,
        v_new.registration_required,
        v_new.registration_closes_before,
        v_new.capacity,
        v_new.reminder_minutes,
        v_new.created_by
    )
    returning * into v_written;
    update public.session_series as series
    set last_date = v_new.first_date - 1, next_start = null, retry_at = null
    where series.id = v_old.id;
    update public.success_sessions as session
    set series_id = v_new.id
    where session.series_id = v_old.id and session.series_date >= v_new.first_date;
    update public.series_skips as skip
    set series_id = v_new.id
    where skip.series_id = v_old.id and skip.series_date >= v_new.first_date;
    if v_new.mentor_id is distinct from v_old.mentor_id then
        perform private.forget_clashes(v_new.id);
    end if;
    return v_written;
end
$$;
comment on function private.write_series(private.series_edit) is
    'Writes what private.series_edit worked out: changes the series, or splits it. Answers the series of the days that the edit is about.';
revoke execute on function private.write_series(private.series_edit) from public;

-- Splits a series whose dates before from_time are not all made yet, so that these stay its mentor's. No session has to
-- follow: none is made for a later date.
create function private.hand_over_series_from(series public.session_series, to_mentor uuid, from_time timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_edit private.series_edit;
    v_first record;
begin
    -- No session starts later; see success_sessions_start_time_range.
    if from_time >= '2200-01-01 00:00+00' then
        return;
    end if;
    select
        coming.series_date,
        coming.start_time
    into v_first
    from private.series_dates(series, from_time, null, 1) as coming;
    if not found then
        return;
    end if;
    v_edit.old := series;
    v_edit.new := series;
    v_edit.new.id := gen_random_uuid();
    v_edit.new.first_date := v_first.series_date;
    v_edit.new.next_start := v_first.start_time;
    v_edit.new.mentor_id := to_mentor;
    v_edit.is_split := true;
    perform private.write_series(v_edit);
    -- The clock still has the dates before to make.
    update public.session_series as written
    set next_start = series.next_start, retry_at = series.retry_at
    where written.id = series.id;
end
$$;
comment on function private.hand_over_series_from(public.session_series, uuid, timestamptz) is
    'Gives the dates of a series that begin from from_time on to another mentor, while there is one before it that no session is made for yet; the caller has locked the series. Nothing where it ends before.';
revoke execute on function private.hand_over_series_from(public.session_series, uuid, timestamptz) from public;

-- A field that differs keeps its value. Where two fields make sense only together, so do the others: a batch belongs to
-- its course, an account and its settings to their platform, and a date with seats or a deadline of its own keeps them,
-- and with them its registration.
create function private.follow_series(session public.success_sessions, changes jsonb, differences text[])
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_not_fields constant text[] := array[
        'start_time', 'end_time', 'timezone', 'registration_closes_at', 'recurrence', 'on_clash'
    ];
    v_kept text[] := differences;
    v_image public.success_sessions;
begin
    if differences && array['course_id', 'batch_id'] then
        v_kept := v_kept || array['course_id', 'batch_id'];
    end if;
    if 'platform' = any(differences) then
        v_kept := v_kept || array['meeting_account_id', 'platform_data'];
    elsif changes ->> 'platform' <> session.platform then
        -- No account goes along to another platform.
        v_kept := array_remove(v_kept, 'meeting_account_id');
        changes := '{"meeting_account_id": null}' || changes;
    end if;
    v_image := jsonb_populate_record(session, changes - c_not_fields - v_kept);
    if ('capacity' = any(differences) and session.capacity is not null)
        or ('registration_closes_at' = any(differences) and session.registration_closes_at is not null)
    then
        v_image.registration_required := true;
    elsif not v_image.registration_required then
        v_image.capacity := null;
    end if;
    return v_image;
end
$$;
comment on function private.follow_series(public.success_sessions, jsonb, text[]) is
    'A session with those of the changes of its series, but for times, that it follows, given the names of the fields in which it differs from the series.';
revoke execute on function private.follow_series(public.success_sessions, jsonb, text[]) from public;

-- What was changed for one session alone stays: a field in which the session differs from its series keeps its value,
-- and a session that differs in anything, its time included, is not called off because the rule no longer has its day.
create function private.edited_session(
    session public.success_sessions,
    edit private.series_edit,
    series public.session_series,
    changes jsonb,
    days date[],
    as_of timestamptz
)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old constant public.session_series := edit.old;
    v_content jsonb := private.session_content(session);
    v_differences text[];
    v_is_moved boolean;
    v_start timestamptz;
    v_image public.success_sessions;
begin
    if v_old.link is null and exists (
        select from public.session_meetings as meeting
        where meeting.session_id = session.id and meeting.is_wanted
    ) then
        -- The platform filled these in, nobody changed them.
        v_content := v_content || jsonb_build_object(
            'link', null,
            'zoom_passcode', null,
            'zoom_meeting_id', null,
            'meeting_account_id', v_old.meeting_account_id,
            'platform_data', v_content -> 'platform_data' #- '{meeting_id}' #- '{host_link}'
        );
    end if;
    v_differences := array(
        select field.key from jsonb_each(edit.old_content) as field
        where field.value is distinct from v_content -> field.key
    );
    v_is_moved := (session.start_time, session.end_time, session.timezone) is distinct from (
        private.series_start(v_old, session.series_date),
        private.series_start(v_old, session.series_date) + v_old.duration,
        v_old.timezone
    );
    if edit.has_new_rule and not v_is_moved and v_differences = '{}' and session.series_date <> all(days) then
        return null;
    end if;

    v_image := private.follow_series(session, changes, v_differences);
    v_start := private.series_start(series, session.series_date);
    -- A date that is still to come today is not moved to an hour of today that has passed.
    if edit.is_moved and not v_is_moved and v_start > as_of then
        v_image.start_time := v_start;
        v_image.end_time := v_start + series.duration;
        v_image.timezone := series.timezone;
    end if;
    if 'registration_closes_at' <> all(v_differences) then
        v_image.registration_closes_at := case
            when v_image.registration_required then v_image.start_time - series.registration_closes_before
        end;
    end if;
    return v_image;
end
$$;
comment on function private.edited_session(
    public.success_sessions, private.series_edit, public.session_series, jsonb, date[], timestamptz
) is
    'A session of the edited series, written already, as it is to be; null: it is to be called off, because the new rule, with a date on these days, no longer has its day.';
revoke execute on function private.edited_session(
    public.success_sessions, private.series_edit, public.session_series, jsonb, date[], timestamptz
) from public;

-- What has begun or was called off stays as it is, and a mentor's edit leaves the sessions of other mentors alone. What
-- becomes of each of the others is for private.edited_session to say.
--
-- First everything is worked out, then all of it is asked for clashes at once, then it is written: what goes, what
-- moves (towards the free side first, so that dates that swap places never meet), what is new.
create function private.apply_series_edit(edit private.series_edit, series public.session_series, changes jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_is_manager constant boolean := private.is_manager();
    v_skips_clashes constant boolean := private.skips_clashes(changes);
    v_session public.success_sessions;
    v_image public.success_sessions;
    v_images public.success_sessions[] := array[]::public.success_sessions[];
    v_removed_ids uuid[] := array[]::uuid[];
    v_moved_ids uuid[] := array[]::uuid[];
    v_steps private.series_step[] := array[]::private.series_step[];
    v_days date[];
    v_until timestamptz;
    v_message text;
    v_detail text;
    v_hint text;
begin
    if edit.has_new_rule then
        v_until := greatest(
            private.series_horizon(series),
            (
                select max(private.series_start(series, session.series_date)) + interval '1 second'
                from public.success_sessions as session
                where session.series_id = series.id
            )
        );
        v_days := array(
            select listed.series_date
            from private.series_dates(series, greatest(v_now, series.start_time), v_until) as listed
        );
        if v_days = '{}' then
            raise exception using
                errcode = '22023',
                message = 'the recurrence has no dates to come',
                detail = series.rrule,
                hint = 'Let it leave a date that has not begun, or call the series off with cancel_session.';
        end if;
    end if;

    for v_session in
        select session.*
        from public.success_sessions as session
        where
            session.series_id = series.id
            and (session.series_date >= edit.from_day or session.series_date is null)
            and session.status = 'upcoming'
            and session.start_time > v_now
            and (v_is_manager or session.mentor_id = auth.uid())
        order by session.start_time, session.id
    loop
        v_image := private.edited_session(v_session, edit, series, changes, v_days, v_now);
        if v_image.id is null then
            v_removed_ids := v_removed_ids || v_session.id;
        elsif v_image is distinct from v_session then
            v_images := v_images || v_image;
            if (v_image.start_time, v_image.end_time, v_image.mentor_id, v_image.meeting_account_id)
                is distinct from
                (v_session.start_time, v_session.end_time, v_session.mentor_id, v_session.meeting_account_id)
            then
                v_moved_ids := v_moved_ids || v_session.id;
                v_steps := v_steps || row(
                    v_session.id, v_session.series_date, v_image.start_time, v_image.end_time, v_image.mentor_id,
                    v_image.meeting_account_id
                )::private.series_step;
            end if;
        end if;
    end loop;

    if edit.has_new_rule then
        delete from public.series_skips as skip
        where skip.series_id = series.id and skip.series_date >= edit.from_day;
        v_steps := v_steps || private.plan_new_steps(series, v_now, v_until);
    end if;
    v_steps := private.take_free_steps(series.id, v_steps, v_moved_ids || v_removed_ids, v_skips_clashes);

    update public.success_sessions as session
    set status = 'cancelled', series_date = null
    where session.id = any(v_removed_ids);
    begin
        for v_image in
            select image.*
            from unnest(v_images) as image
            inner join public.success_sessions as session on image.id = session.id
            order by
                image.start_time > session.start_time desc,
                case when image.start_time > session.start_time then session.start_time end desc,
                session.start_time
        loop
            if v_image.id = any(v_moved_ids)
                and not exists (select from unnest(v_steps) as step where step.session_id = v_image.id)
            then
                select session.* into v_session
                from public.success_sessions as session
                where session.id = v_image.id;
                v_image.start_time := v_session.start_time;
                v_image.end_time := v_session.end_time;
                v_image.timezone := v_session.timezone;
                v_image.mentor_id := v_session.mentor_id;
                v_image.meeting_account_id := v_session.meeting_account_id;
                v_image.registration_closes_at := v_session.registration_closes_at;
            end if;
            perform private.write_session(v_image);
        end loop;
    exception when invalid_parameter_value then
        -- The series was allowed this, one of its dates is not: the detail says which.
        get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
        raise exception using
            errcode = '22023',
            message = v_message,
            detail = concat_ws(E'\n', 'the date at ' || private.utc_text(v_image.start_time), nullif(v_detail, '')),
            hint = v_hint;
    end;
    perform private.add_series_sessions(
        series, array(select step from unnest(v_steps) as step where step.session_id is null order by step.start_time)
    );

    if edit.has_new_rule then
        update public.session_series as written
        set next_start = (select coming.start_time from private.series_dates(series, v_until, null, 1) as coming)
        where written.id = series.id;
    end if;
end
$$;
comment on function private.apply_series_edit(private.series_edit, public.session_series, jsonb) is
    'Lets the sessions of an edited series that have not begun follow the edit. Errors: 22023 no dates left; 23P01 (409) with every clashing date in a line of the detail.';
revoke execute on function private.apply_series_edit(private.series_edit, public.session_series, jsonb) from public;

-- Security definer: it is the API; a series is written by nobody otherwise. It reads secrets and takes turns.
create function public.update_session_series(session_id uuid, scope text, changes jsonb)
returns setof public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session constant public.success_sessions := private.editable_session(session_id, scope);
    v_series public.session_series;
    v_changes jsonb;
    v_edit private.series_edit;
begin
    if scope = 'this' then
        perform private.update_session(v_session.id, changes);
        return query
        select updated.* from public.success_sessions as updated where updated.id = v_session.id;
        return;
    end if;
    -- What is wrong with the changes by themselves is said before anybody waits.
    perform private.skips_clashes(changes);
    v_changes := private.check_session_changes(v_session, scope, changes);
    v_series := private.lock_series(v_session.id, v_session.calendar_uid, scope);
    v_edit := private.series_edit(private.editable_session(v_session.id, scope), v_series, scope, v_changes);
    if v_changes - 'on_clash' <> '{}' then
        v_series := private.write_series(v_edit);
        perform private.apply_series_edit(v_edit, v_series, v_changes);
    end if;
    return query
    select coming.*
    from public.success_sessions as coming
    where
        coming.series_id = v_series.id
        and (coming.series_date >= v_edit.from_day or coming.series_date is null)
        and coming.status in ('upcoming', 'cancelled')
        and coming.start_time > clock_timestamp()
        and (private.is_manager() or coming.mentor_id = auth.uid())
    order by coming.start_time, coming.id;
end
$$;
comment on function public.update_session_series(uuid, text, jsonb) is
    'Changes a session (scope this), it and the later ones of its series (following, which splits the series) or all of them (all), all or nothing, and answers those of the scope that have not begun, in the order of time, but to a mentor none of another mentor; everybody is told in one mail. What has begun stays, and so does what was moved, edited or called off for itself. changes: fields of success_sessions by name; start_time is that of the session given, and moves the others to the same wall-clock time; timezone keeps the wall-clock time. With following and all also recurrence (as in preview_recurrence; counted from the session given, or with all from the beginning of the series): dates that it still has stay the same sessions, others are called off or made; and on_clash: refuse (default) or skip, which leaves what clashes as it is and makes no new date that does. Managers; the mentor, but for mentor_id, course_id, batch_id and meeting_account_id. Errors: PT404; 42501; 22023, naming what is wrong; PT409 over, begun, or somebody else is changing the same plans; 23P01 (409) with every clashing date in a line of the detail.';
revoke execute on function public.update_session_series(uuid, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.update_session_series(uuid, text, jsonb) to authenticated;

-- Security definer: it is the API; what it calls is nobody else's business.
create function public.reschedule_session(
    session_id uuid,
    start_time timestamptz,
    end_time timestamptz default null
)
returns public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.editable_session(session_id, 'this');
begin
    perform private.check_session_period(
        reschedule_session.start_time,
        coalesce(reschedule_session.end_time, reschedule_session.start_time + interval '1 minute')
    );
    perform private.update_session(
        v_session.id,
        jsonb_build_object('start_time', reschedule_session.start_time)
        || case
            when reschedule_session.end_time is null then '{}'::jsonb
            else jsonb_build_object('end_time', reschedule_session.end_time)
        end
    );
    select moved.* into v_session from public.success_sessions as moved where moved.id = v_session.id;
    return v_session;
end
$$;
comment on function public.reschedule_session(uuid, timestamptz, timestamptz) is
    'Moves one session, of a series or not, and answers it; without end_time it keeps its length. Registration closes as long before the start as it did. A session of a series keeps its place in it, and edits of the series leave its times alone from then on. Safe to repeat. Managers and the mentor. Errors: PT404; 42501; 22023; PT409 over or cancelled, or live and moved into the future; 23P01 (409) the mentor or the meeting account is not free.';
revoke execute on function public.reschedule_session(uuid, timestamptz, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.reschedule_session(uuid, timestamptz, timestamptz) to authenticated;

-- Security definer: it is the API; a series is written by nobody otherwise.
create function public.cancel_session(session_id uuid, reason text default null, scope text default 'this')
returns setof public.success_sessions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.editable_session(session_id, scope);
    v_reason constant text := nullif(btrim(reason, E' \t\r\n'), '');
    v_series public.session_series;
    v_from_day date;
    v_last_day date;
    v_now timestamptz;
begin
    if scope = 'this' then
        v_session := private.lock_session(v_session.id);
        if private.effective_session_status(v_session.status, v_session.start_time, v_session.end_time) = 'completed'
        then
            raise exception using
                errcode = 'PT409',
                message = 'the session is completed',
                detail = 'session ' || v_session.id,
                hint = 'What has taken place cannot be called off.';
        end if;
        update public.success_sessions as session
        set status = 'cancelled', cancel_reason = v_reason
        where session.id = v_session.id and session.status <> 'cancelled';
        return query
        select session.* from public.success_sessions as session where session.id = v_session.id;
        return;
    end if;

    v_series := private.lock_series(v_session.id, v_session.calendar_uid, scope);
    v_session := private.editable_session(v_session.id, scope);
    v_now := clock_timestamp();
    v_from_day := coalesce(v_series.first_date, (v_series.start_time at time zone v_series.timezone)::date);
    if scope = 'following' then
        if v_session.series_date is null then
            raise exception using
                errcode = 'PT409',
                message = 'the day of the session is no longer one of its series',
                detail = 'session ' || v_session.id,
                hint = 'Send another session of the series.';
        end if;
        v_from_day := v_session.series_date;
    end if;
    v_last_day := coalesce(
        (
            select max(session.series_date)
            from public.success_sessions as session
            where
                session.series_id = v_series.id
                and session.series_date >= v_from_day
                and (session.status in ('live', 'completed') or session.start_time <= v_now)
        ),
        v_from_day - 1
    );
    update public.session_series as series
    set
        last_date = least(series.last_date, v_last_day),
        next_start = null,
        retry_at = null
    where series.id = v_series.id;
    update public.success_sessions as session
    set status = 'cancelled', cancel_reason = v_reason
    where
        session.series_id = v_series.id
        -- Scope all has those without a series_date as well: they were reinstated after the rule had lost their day.
        and (session.series_date >= v_from_day or (session.series_date is null and scope = 'all'))
        and session.status = 'upcoming'
        and session.start_time > v_now
        and (private.is_manager() or session.mentor_id = auth.uid());
    return query
    select session.*
    from public.success_sessions as session
    where
        session.series_id = v_series.id
        and (session.series_date >= v_from_day or (session.series_date is null and scope = 'all'))
        and session.status in ('upcoming', 'cancelled')
        and session.start_time > v_now
        and (private.is_manager() or session.mentor_id = auth.uid())
    order by session.start_time, session.id;
end
$$;
comment on function public.cancel_session(uuid, text, text) is
    'Calls off a session (scope this), it and the later ones of its series (following) or all of the series that are to come (all), and answers those of the scope that have not begun, in the order of time, but to a mentor none of another mentor; everybody is told in one mail, with the reason. What has begun stays, with its attendance. Safe to repeat. Managers and the mentor. Errors: PT404; 42501; 22023 no such scope, no series, reason too long; PT409 over, or somebody else is changing the same plans.';
revoke execute on function public.cancel_session(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.cancel_session(uuid, text, text) to authenticated;

-- Searched by instants alone, which row-level security lets an index serve; the day in the session's own zone decides.
create view public.blackout_clashes with (security_invoker = true) as
select
    blackout.id as blackout_id,
    blackout.name,
    blackout.first_date,
    blackout.last_date,
    session.id as session_id,
    session.title,
    session.status,
    session.course_id,
    session.series_id,
    session.start_time,
    session.end_time,
    session.timezone
from public.blackout_dates as blackout
inner join public.success_sessions as session
    on
        blackout.begins_after <= session.status_due_at
        and blackout.begins_before > session.status_due_at
where
    session.status = 'upcoming'
    and session.status_due_at > now()
    and blackout.begins_before > now()
    and (blackout.course_id is null or blackout.course_id = session.course_id)
    and (session.start_time at time zone session.timezone)::date between blackout.first_date and blackout.last_date;
comment on view public.blackout_clashes is
    'Upcoming sessions, of a series or not, on days that are blackout_dates: another day is needed, or none. One row per session that the caller may see and entry.';
comment on column public.blackout_clashes.blackout_id is 'The entry, blackout_dates.id.';
comment on column public.blackout_clashes.name is 'What the days are.';
comment on column public.blackout_clashes.first_date is 'First of the days.';
comment on column public.blackout_clashes.last_date is 'Last of the days.';
comment on column public.blackout_clashes.session_id is 'The session, success_sessions.id.';
comment on column public.blackout_clashes.title is 'Its title.';
comment on column public.blackout_clashes.status is 'Its status.';
comment on column public.blackout_clashes.course_id is 'Its course; null: explicit participants only.';
comment on column public.blackout_clashes.series_id is 'Series it belongs to; null for a single session.';
comment on column public.blackout_clashes.start_time is 'When it begins.';
comment on column public.blackout_clashes.end_time is 'When it ends.';
comment on column public.blackout_clashes.timezone is 'The zone its wall-clock time, and so its day, is meant in.';

revoke all on public.blackout_clashes from public, anon, authenticated, service_role;
grant select on public.blackout_clashes to authenticated;

-- Without this Postgres answers a write to a view, whoever sends it, with 55000, which is a server error to PostgREST.
-- With it, everybody whom no grant lets write is told so (42501), and the owner is told where to.
create function private.refuse_view_write()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT405',
        message = format('%s is read-only', tg_table_name),
        hint = format('Write to %s.', tg_argv[0]);
end
$$;
comment on function private.refuse_view_write() is
    'Refuses writes to a view with PT405; the argument says which tables are written instead.';
revoke execute on function private.refuse_view_write() from public;

create trigger refuse_view_write
instead of insert or update or delete on public.segmented_weekly_success_sessions
for each row execute function private.refuse_view_write('success_sessions');
create trigger refuse_view_write
instead of insert or update or delete on public.time_off_clashes
for each row execute function private.refuse_view_write('mentor_time_off or success_sessions');
create trigger refuse_view_write
instead of insert or update or delete on public.blackout_clashes
for each row execute function private.refuse_view_write('blackout_dates or success_sessions');
