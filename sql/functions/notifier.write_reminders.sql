-- One event for each session that has come as near as somebody wants to be reminded, found by the index of the clock.
-- Sessions are read, not locked: who is editing one is not waited for, and whether it is still to come, at that start,
-- is asked again when mails are queued and when they are claimed. Of several workers one has each mark (skip locked).
--
-- A session that comes nearer than a mark by being created or moved has passed it without a reminder: people are being
-- told of it at that moment (notifier.reminder_refusal).
create function notifier.write_reminders(as_of timestamptz)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
    v_settings integer [] := (select settings.reminder_minutes from public.app_settings as settings);
    v_clock notifier.reminder_clock;
    v_reached timestamptz;
    v_found integer;
    v_written integer := 0;
begin
    for v_clock in
        select clock.*
        from notifier.reminder_clock as clock
        where clock.reached is not null
        order by clock.minutes
        for no key update skip locked
    loop
        v_reached := as_of + make_interval(mins => v_clock.minutes);
        -- The mark never goes back with the clock.
        continue when v_reached <= v_clock.reached;
        insert into notifier.events (session_id, old, new, reminder_minutes)
        select
            near.id,
            near.snapshot,
            near.snapshot,
            v_clock.minutes
        from (
            select
                session.id,
                notifier.session_snapshot(session) as snapshot
            from public.success_sessions as session
            where
                session.status = 'upcoming'
                -- What has begun, and is not started yet after an outage, needs none.
                and session.status_due_at > greatest(v_clock.reached, as_of)
                and session.status_due_at <= v_reached
                and session.created_at <= session.start_time - make_interval(mins => v_clock.minutes)
                and (v_clock.by_people or v_clock.minutes = any(coalesce(session.reminder_minutes, v_settings)))
            order by session.status_due_at
        ) as near;
        get diagnostics v_found = row_count;
        v_written := v_written + v_found;
        update notifier.reminder_clock as clock set reached = v_reached where clock.minutes = v_clock.minutes;
    end loop;
    return v_written;
end
$$;
comment on function notifier.write_reminders(timestamptz) is
    'Writes an event for each upcoming session and each number of minutes before its start, which somebody wants to be reminded at, that has come since the last call; how many.';
revoke execute on function notifier.write_reminders(timestamptz) from public;
