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
