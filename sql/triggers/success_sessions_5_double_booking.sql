-- Names the clash. The exclusion constraint success_sessions_mentor_id_no_overlap is what holds; under row-level
-- security Postgres hides its detail, and PostgREST answers it with 400. Writers for one mentor take turns, so that the
-- second of two at once is told the clash, too.
-- Security definer: the clashing session is the mentor's own or a manager is asking, and both may see it
-- (success_sessions_0_rights has turned away everybody else).
create function private.refuse_double_booking()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn bigint;
    v_clash public.success_sessions;
    v_message text;
    v_detail text;
    v_hint constant text := 'Choose another time or another mentor.';
begin
    if new.mentor_id is null or new.status not in ('upcoming', 'live') or new.end_time <= new.start_time then
        return new;
    end if;
    -- Nothing is taken up that was not the session's before: the clock moving the status, an end moved forward.
    if tg_op = 'UPDATE'
        and old.status in ('upcoming', 'live')
        and new.mentor_id = old.mentor_id
        and new.start_time >= old.start_time
        and new.end_time <= old.end_time
    then
        return new;
    end if;

    v_turn := hashtextextended('mentor/' || new.mentor_id, 0);
    if not pg_try_advisory_xact_lock(v_turn) then
        begin
            perform pg_advisory_xact_lock(v_turn);
        exception when deadlock_detected then
            -- Two statements with many mentors each, in different orders: on without a turn, the constraint holds.
            null;
        end;
    end if;

    select session.* into v_clash
    from public.success_sessions as session
    where
        session.mentor_id = new.mentor_id
        and tstzrange(session.start_time, session.end_time) && tstzrange(new.start_time, new.end_time)
        and session.status in ('upcoming', 'live')
        and session.id <> new.id
    order by session.start_time
    limit 1;
    if not found then
        return new;
    end if;

    v_message := format('mentor_id %s already hosts a session at that time', new.mentor_id);
    v_detail := format(
        'clash with %s, session %s, from %s to %s',
        quote_literal(v_clash.title), v_clash.id,
        private.utc_text(v_clash.start_time), private.utc_text(v_clash.end_time)
    );
    if coalesce(current_setting('request.method', true), '') <> '' then
        -- PostgREST's form of an error that brings its HTTP status along: for 23P01 it has none but 400.
        raise exception using
            errcode = 'PGRST',
            message = json_build_object('code', '23P01', 'message', v_message, 'details', v_detail, 'hint', v_hint),
            detail = '{"status": 409, "headers": {}}';
    end if;
    raise exception using
        errcode = '23P01',
        message = v_message,
        detail = v_detail,
        hint = v_hint,
        constraint = 'success_sessions_mentor_id_no_overlap';
end
$$;
comment on function private.refuse_double_booking() is
    'Refuses a second upcoming or live session of a mentor at one time with 23P01 (HTTP 409), naming the first.';
revoke execute on function private.refuse_double_booking() from public;

create trigger success_sessions_5_double_booking
before insert or update of mentor_id, start_time, end_time, status on public.success_sessions
for each row execute function private.refuse_double_booking();
