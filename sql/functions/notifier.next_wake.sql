-- When a worker that finds nothing to do should look again without being told. A mail that follows an unfinished one
-- does not count: it becomes due when that one is done, and whoever does that is awake.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.next_wake()
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set enable_sort = off
as $$
begin
    return least(
        (select min(event.created_at) from notifier.events as event where event.expanded_at is null),
        (
            select waiting.created_at + (
                select make_interval(secs => settings.mail_debounce_seconds) from public.app_settings as settings
            )
            from notifier.enrollment_changes as waiting
            where waiting.position is null
            order by waiting.id
            limit 1
        ),
        (
            select min(first_due.available_at)
            from (values (true), (false)) as urgency (urgent)
            cross join lateral (
                select waiting.available_at
                from notifier.emails as waiting
                where
                    waiting.status in ('queued', 'in_doubt')
                    and waiting.carried_by is null
                    and waiting.urgent = urgency.urgent
                    and not exists (
                        select from notifier.emails as earlier
                        where
                            earlier.session_id = waiting.session_id
                            and earlier.recipient_id = waiting.recipient_id
                            and earlier.topic = waiting.topic
                            and earlier.event_id < waiting.event_id
                            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                        offset 0
                    )
                order by waiting.available_at, waiting.event_id
                limit 1
            ) as first_due
        ),
        (
            select held.lease_until
            from notifier.emails as held
            where held.status in ('claimed', 'sending') and held.carried_by is null
            order by held.lease_until
            limit 1
        ),
        (
            select delivery.available_at
            from notifier.webhook_deliveries as delivery
            where delivery.status in ('queued', 'claimed')
            order by delivery.available_at
            limit 1
        ),
        (
            select session.status_due_at
            from public.success_sessions as session
            where session.status_due_at is not null
            order by session.status_due_at
            limit 1
        ),
        (
            select recording.announce_at
            from public.session_recordings as recording
            where recording.announce_at is not null
            order by recording.announce_at
            limit 1
        ),
        (
            select min(upcoming.status_due_at - make_interval(mins => clock.minutes))
            from notifier.reminder_clock as clock
            cross join lateral (
                select session.status_due_at
                from public.success_sessions as session
                where session.status_due_at > clock.reached and session.status = 'upcoming'
                order by session.status_due_at
                limit 1
            ) as upcoming
        ),
        (
            select series.next_start - (
                select make_interval(hours => 12 * settings.series_horizon_days) from public.app_settings as settings
            )
            from public.session_series as series
            where series.next_start is not null and series.retry_at is null
            order by series.next_start
            limit 1
        ),
        (
            select series.retry_at
            from public.session_series as series
            where series.retry_at is not null
            order by series.retry_at
            limit 1
        ),
        (
            select preference.due_at
            from public.notification_preferences as preference
            where preference.due_at is not null
            order by preference.due_at
            limit 1
        ),
        (
            select clock.due_at
            from notifier.purge_clock as clock
            cross join public.app_settings as settings
            where clock.reached is not null and settings.outbox_retention_months is not null
        ),
        (select gate.awake_until from notifier.gate as gate where gate.awake_until > clock_timestamp())
    );
end
$$;
comment on function notifier.next_wake() is
    'When there is something to do that nobody announces: a session starting or ending, a series to be extended, a recording becoming available, a reminder or a mail becoming due, a lease or another worker''s promise to stay awake running out, the next batch of what is being forgotten. In the past: there is work now; null: nothing.';
revoke execute on function notifier.next_wake() from public;
grant execute on function notifier.next_wake() to notifier;
