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
