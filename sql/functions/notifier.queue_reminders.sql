-- A mail for each of these users who takes part, has a seat where one is needed, and wants to be reminded so long
-- before: by their own choice, the session's, or the platform's, in this order.
create function notifier.queue_reminders(event notifier.events, user_ids uuid[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_session public.success_sessions;
    v_minutes integer [];
    v_added integer;
begin
    select session.* into v_session
    from public.success_sessions as session
    where session.id = event.session_id;
    v_minutes := coalesce(
        v_session.reminder_minutes, (select settings.reminder_minutes from public.app_settings as settings)
    );
    insert into notifier.emails (event_id, session_id, recipient_id, kind, urgent)
    select
        event.id,
        event.session_id,
        recipient.user_id,
        'session_reminder',
        event.reminder_minutes <= 60
    from notifier.recipient_roles(
        event.session_id, user_ids, event.old, event.new, event.id, event.id
    ) as recipient
    where
        recipient.role_after is not null
        and event.reminder_minutes = any(
            coalesce(
                (
                    select preference.reminder_minutes
                    from public.notification_preferences as preference
                    where preference.user_id = recipient.user_id and preference.kind = 'session_reminder'
                ),
                v_minutes
            )
        )
        and (recipient.role_after = 'host' or private.has_seat(v_session, recipient.user_id))
    order by recipient.user_id
    on conflict do nothing;
    get diagnostics v_added = row_count;
    return v_added;
end
$$;
comment on function notifier.queue_reminders(notifier.events, uuid[]) is
    'Queues the mails of a reminder for those of these users who are to get one; how many.';
revoke execute on function notifier.queue_reminders(notifier.events, uuid[]) from public;
