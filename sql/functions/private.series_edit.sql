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
