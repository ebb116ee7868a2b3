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
