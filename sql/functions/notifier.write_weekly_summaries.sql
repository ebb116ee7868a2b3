-- One row for each session that a mentor held in the week before, all of one transaction, so that they go out as one
-- mail; none where there was no session. What the mail tells of a session hangs on the last event of it. Of several
-- workers one has each mentor (skip locked).
create function notifier.write_weekly_summaries(as_of timestamptz)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_due record;
    v_added integer;
    v_written integer := 0;
begin
    for v_due in
        select
            preference.user_id,
            preference.due_at,
            profile.timezone,
            -- A week by the clock is an hour longer or shorter where clocks change.
            (preference.due_at at time zone profile.timezone - interval '7 days') at time zone profile.timezone as since
        from public.notification_preferences as preference
        inner join public.profiles as profile on preference.user_id = profile.id
        where preference.due_at <= as_of
        order by preference.due_at
        limit 1000
        for no key update of preference skip locked
    loop
        insert into notifier.emails (event_id, transaction_id, session_id, recipient_id, kind)
        select
            last.event_id,
            pg_current_xact_id(),
            held.id,
            v_due.user_id,
            'weekly_summary'
        from public.success_sessions as held
        cross join lateral (
            select max(event.id) as event_id
            from notifier.events as event
            where event.session_id = held.id
        ) as last
        where
            held.host_key = v_due.user_id
            -- By its end: what is under way at that hour is of the week to come. The index is by the start, and no
            -- session is longer than a day.
            and held.end_time > v_due.since
            and held.end_time <= v_due.due_at
            and held.start_time > v_due.since - interval '24 hours'
            and held.start_time < v_due.due_at
            and held.status = 'completed'
            and last.event_id is not null
        on conflict do nothing;
        get diagnostics v_added = row_count;
        v_written := v_written + v_added;
        update public.notification_preferences as preference
        set due_at = private.next_monday(as_of, v_due.timezone)
        where preference.user_id = v_due.user_id and preference.kind = 'weekly_summary';
    end loop;
    return v_written;
end
$$;
comment on function notifier.write_weekly_summaries(timestamptz) is
    'Queues the weekly summaries that are due, a row for each session held; how many.';
revoke execute on function notifier.write_weekly_summaries(timestamptz) from public;
