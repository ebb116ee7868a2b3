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
