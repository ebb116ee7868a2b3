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
        || array['platform_data', 'registration_required', 'capacity'];
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
    v_first timestamptz;
begin
    select coming.start_time into v_first
    from private.series_dates(series, v_now, null, 1) as coming;
    return greatest(v_now, v_first)
        + make_interval(days => (select settings.series_horizon_days from public.app_settings as settings));
end
$$;
comment on function private.series_horizon(public.session_series) is
    'Until when the sessions of a series are made: app_settings.series_horizon_days from now, or from its next date if that is later, so that there is one.';
revoke execute on function private.series_horizon(public.session_series) from public;

-- What has begun is not made any more: a series may have started weeks ago.
create function private.new_series_steps(series public.session_series, from_time timestamptz, to_time timestamptz)
returns private.series_step[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_steps private.series_step[];
begin
    with coming as (
        select
            listed.series_date,
            listed.start_time,
            private.blackout_name(listed.series_date, series.course_id) as blackout
        from private.series_dates(series, greatest(from_time, clock_timestamp()), to_time) as listed
        where not exists (
            select from public.success_sessions as session
            where session.series_id = series.id and session.series_date = listed.series_date
        )
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
comment on function private.new_series_steps(public.session_series, timestamptz, timestamptz) is
    'The dates of a series from from_time until before to_time that are still to come and that no session stands for, without blackouts, which are noted in series_skips.';
revoke execute on function private.new_series_steps(public.session_series, timestamptz, timestamptz) from public;

-- As in refuse_double_booking, clashes are named to those who may know them: who is no manager may change the own
-- sessions only, but meeting accounts are none of theirs. The callers hold the turns of all mentors and accounts.
create function private.step_clashes(steps private.series_step[], moved_session_ids uuid[])
returns table (ordinal bigint, clashes text)
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
            concat_ws(
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
                end,
                case
                    when hosted.meetings is null and account.max_concurrent_meetings is distinct from 0 then null
                    when v_may_know_accounts
                        then concat_ws(
                            ': ',
                            format(
                                'meeting account %s hosts %s at once',
                                quote_literal(account.name),
                                account.max_concurrent_meetings
                            ),
                            hosted.meetings
                        )
                    else 'the meeting account is not free'
                end
            ) as reasons
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
        refused.reasons
    from refused
    where refused.reasons <> ''
    order by refused.ordinality;
end
$$;
comment on function private.step_clashes(private.series_step[], uuid[]) is
    'Which of these steps, by number from 1, cannot be taken, and why, in words: the mentor or the account is not free, sessions moved away meanwhile left aside, or two of them are too close to each other. It sees what is committed.';
revoke execute on function private.step_clashes(private.series_step[], uuid[]) from public;

-- Takes the turns of all mentors and accounts concerned, in the order of their ids, before it looks: from then on
-- nobody else plans with them until the transaction ends.
create function private.free_steps(
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
    for v_id in
        select distinct step.meeting_account_id from unnest(steps) as step
        where step.meeting_account_id is not null
        order by step.meeting_account_id
    loop
        perform private.take_meeting_account_turn(v_id);
    end loop;

    with noted as (
        select
            found.ordinal,
            found.clashes,
            listed.session_id,
            listed.series_date,
            listed.start_time
        from private.step_clashes(steps, moved_session_ids) as found
        inner join unnest(steps) with ordinality as listed on found.ordinal = listed.ordinality
    ),

    skipped as (
        insert into public.series_skips (series_id, series_date, reason, detail)
        select
            free_steps.series_id,
            noted.series_date,
            'clash',
            noted.clashes
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
            format('%s of %s dates clash', cardinality(v_clashing), cardinality(steps)),
            v_lines,
            'Nothing was written. Choose another time, mentor or account, or leave them out with "on_clash": "skip".'
        );
    end if;
    return array(
        select row(
            listed.session_id, listed.series_date, listed.start_time, listed.end_time, listed.mentor_id,
            listed.meeting_account_id
        )::private.series_step
        from unnest(steps) with ordinality as listed
        where listed.ordinality <> all(coalesce(v_clashing, '{}'))
        order by listed.ordinality
    );
end
$$;
comment on function private.free_steps(uuid, private.series_step[], uuid[], boolean) is
    'The steps that can be taken, once it is the turn of this transaction with all mentors and accounts concerned. Unless clashes are skipped, 23P01 (409) when there is one, each date with its clashes in a line of the detail; dates that are not made because of one are noted in series_skips.';
revoke execute on function private.free_steps(uuid, private.series_step[], uuid[], boolean) from public;

-- A reader of secrets, for those who make sessions of a series or split it.
create function private.series_meeting(series public.session_series)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_host_link constant text := private.get_session_secret(series.id, 'host_link');
begin
    return jsonb_build_object(
        'link', coalesce(private.get_session_secret(series.id, 'link'), series.link),
        'backup_link', coalesce(private.get_session_secret(series.id, 'backup_link'), series.backup_link),
        'zoom_passcode', private.get_session_secret(series.id, 'zoom_passcode'),
        'platform_data', series.platform_data || jsonb_strip_nulls(jsonb_build_object('host_link', v_host_link))
    );
end
$$;
comment on function private.series_meeting(public.session_series) is
    'link, backup_link, zoom_passcode and platform_data of a series with their secrets, as its sessions are made with them.';
revoke execute on function private.series_meeting(public.session_series) from public;

-- A date that a change of the rule removed and another brings back is the same session again, registrations included:
-- calendars know it by its recurrence_id. Should another session have that already (two zones a whole day apart), the
-- next second is free.
create function private.add_series_sessions(series public.session_series, steps private.series_step[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_meeting constant jsonb := private.series_meeting(series);
    v_step private.series_step;
    v_recurrence_id timestamptz;
    v_taken public.success_sessions;
begin
    foreach v_step in array steps loop
        v_recurrence_id := v_step.start_time;
        loop
            select session.* into v_taken
            from public.success_sessions as session
            where session.calendar_uid = series.calendar_uid and session.recurrence_id = v_recurrence_id;
            exit when not found or (v_taken.status = 'cancelled' and v_taken.series_date is null);
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
                capacity = series.capacity
            where session.id = v_taken.id;
        else
            insert into public.success_sessions (
                title, description, session_type, course_id, batch_id, mentor_id, start_time, end_time, timezone,
                platform, meeting_account_id, link, backup_link, zoom_meeting_id, zoom_passcode, platform_data,
                registration_required, registration_closes_at, capacity, series_id, recurrence_id, series_date
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
    perform pg_advisory_xact_lock(hashtextextended('series/' || calendar_uid, 0));
exception when deadlock_detected then
    perform private.refuse_simultaneous_writers();
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
        where not v_session ? field.name
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
        zoom_passcode, platform_data, registration_required, registration_closes_before, capacity
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
        v_series.capacity
    )
    returning * into v_series;

    v_steps := private.new_series_steps(v_series, v_start, v_horizon);
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
    v_free := private.free_steps(v_id, v_steps, '{}', private.skips_clashes(recurrence));
    if v_free = '{}' then
        perform private.free_steps(v_id, v_steps, '{}', false);
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
    'Creates a series and its sessions, all or nothing, and answers the sessions in the order of time; everybody is told in one mail. session: fields of success_sessions by name, start_time and end_time being those of the first date (the wall-clock time in timezone is kept); title, start_time and link are required. recurrence: as in preview_recurrence, optionally with "on_clash": "skip" to leave out dates on which the mentor or the meeting account is not free (else refused). Days in blackout_dates are left out; series_skips lists both. Sessions are made for app_settings.series_horizon_days ahead, the others by the clock as time goes on. Managers; mentors with themselves as host. Errors: 42501; 22023, naming what is wrong; 23P01 (409) with every clashing date in a line of the detail.';
revoke execute on function public.create_recurring_session(jsonb, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.create_recurring_session(jsonb, jsonb) to authenticated;

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

-- See segmented_weekly_success_sessions_read_only: without this Postgres answers a write with 55000, a server error.
create function private.refuse_blackout_clash_write()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT405',
        message = 'blackout_clashes is read-only',
        hint = 'Write to blackout_dates or success_sessions.';
end
$$;
comment on function private.refuse_blackout_clash_write() is 'Refuses writes to the list of clashes with PT405.';
revoke execute on function private.refuse_blackout_clash_write() from public;

create trigger blackout_clashes_read_only
instead of insert or update or delete on public.blackout_clashes
for each row execute function private.refuse_blackout_clash_write();
