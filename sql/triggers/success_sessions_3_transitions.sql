-- What may become of a session, and who may do it. Writers without a user (the notifier's clock, the DBA, the service
-- role) are the system: rights do not bind them, transitions do. Security definer: it asks for the caller's roles by
-- auth.uid().
create function private.check_session_transition()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_mentor_only boolean := auth.uid() is not null and not private.is_manager();
    v_is_reinstated boolean;
begin
    if tg_op = 'INSERT' then
        if v_is_mentor_only and new.status <> 'upcoming' then
            raise exception using
                errcode = '42501',
                message = format('status must be upcoming for a new session, not %s', new.status),
                hint = 'Leave status out; only managers record sessions of the past.';
        end if;
        if auth.uid() is not null and new.status in ('live', 'completed') and new.start_time > clock_timestamp() then
            raise exception using
                errcode = 'PT409',
                message = format('a new session that is %s must have begun', new.status),
                detail = 'start_time is ' || private.utc_text(new.start_time),
                hint = 'Leave status out, or send the start_time at which it began.';
        end if;
        -- An upsert of a session that exists fires this trigger as an insert first; the update that follows is checked
        -- below.
        if v_is_mentor_only and new.end_time <= clock_timestamp() and not exists (
            select from public.success_sessions as session where session.id = new.id
        ) then
            perform private.refuse_past_session(new.end_time);
        end if;
        return new;
    end if;

    if new.id <> old.id then
        raise exception using
            errcode = '22023',
            message = 'id of a session cannot change',
            hint = 'Calendars know the session by it; create another session instead.';
    end if;

    if (new.calendar_uid, new.recurrence_id) is distinct from (old.calendar_uid, old.recurrence_id) then
        raise exception using
            errcode = '22023',
            message = 'calendar_uid and recurrence_id of a session cannot change',
            hint = 'Calendars know the session by them; create another session instead.';
    end if;

    v_is_reinstated := old.status = 'cancelled' and new.status = 'upcoming';

    if new.status is distinct from old.status then
        if v_is_reinstated then
            -- Unless a mentor's edit of the series gives the rule its day again: see success_sessions_0_assignment.
            if v_is_mentor_only and not (old.series_date is null and new.series_date is not null) then
                raise exception using
                    errcode = '42501',
                    message = 'a cancelled session can be reinstated by managers only',
                    hint = 'Ask a manager, or create a new session.';
            end if;
            if new.start_time <= clock_timestamp() then
                raise exception using
                    errcode = 'PT409',
                    message = 'a cancelled session can be reinstated only before it would have begun',
                    detail = 'start_time is ' || private.utc_text(new.start_time),
                    hint = 'Send a later start_time with it, or create a new session.';
            end if;
            new.cancel_reason := null;
        elsif old.status in ('completed', 'cancelled') then
            raise exception using
                errcode = 'PT409',
                message = format('status %s is final, it cannot become %s', old.status, new.status),
                hint = 'Create a new session.';
        elsif old.status = 'live' and new.status = 'upcoming' then
            raise exception using
                errcode = 'PT409',
                message = 'a live session cannot become upcoming again',
                hint = 'End it with status completed, or cancel it.';
        elsif new.status = 'live' and clock_timestamp() < private.join_opens_at(new.start_time) then
            raise exception using
                errcode = 'PT409',
                message = 'a session cannot go live before joining opens',
                detail = 'joining opens at ' || private.utc_text(private.join_opens_at(new.start_time)),
                hint = 'Wait, or move its start_time.';
        elsif new.status = 'completed' then
            if clock_timestamp() <= new.start_time then
                raise exception using
                    errcode = 'PT409',
                    message = 'a session cannot be completed before it begins',
                    detail = 'start_time is ' || private.utc_text(new.start_time),
                    hint = 'Cancel it, or move its start_time.';
            end if;
            -- A session that a person ends early was only scheduled until now, so that nobody's attendance becomes
            -- partial by it.
            new.end_time := least(new.end_time, clock_timestamp());
        end if;
    end if;

    if old.status in ('completed', 'cancelled') and not v_is_reinstated
        and (new.start_time, new.end_time, new.timezone, new.mentor_id, new.course_id, new.batch_id)
        is distinct from (old.start_time, old.end_time, old.timezone, old.mentor_id, old.course_id, old.batch_id)
    then
        raise exception using
            errcode = 'PT409',
            message = format('the session is %s; its times, mentor and audience are final', old.status),
            hint = 'Create a new session.';
    end if;

    -- A mentor moves no session to a time that is over: nobody could have come. Shortening one that has begun is no
    -- such move.
    if v_is_mentor_only
        and new.end_time <= clock_timestamp()
        and (new.start_time, new.end_time) is distinct from (old.start_time, old.end_time)
        and not (new.start_time >= old.start_time and new.end_time <= old.end_time)
    then
        perform private.refuse_past_session(new.end_time);
    end if;

    if
        old.status = 'live'
        and new.start_time > clock_timestamp()
        and new.start_time is distinct from old.start_time
    then
        raise exception using
            errcode = 'PT409',
            message = 'start_time of a live session cannot move into the future',
            hint = 'Move end_time, or cancel the session and create another.';
    end if;
    return new;
end
$$;
comment on function private.check_session_transition() is
    'Refuses status changes and edits that a session''s state (PT409) or the caller''s role (42501) does not allow.';
revoke execute on function private.check_session_transition() from public;

create trigger success_sessions_3_transitions before insert or update on public.success_sessions
for each row execute function private.check_session_transition();
