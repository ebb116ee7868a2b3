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
