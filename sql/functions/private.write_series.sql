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
