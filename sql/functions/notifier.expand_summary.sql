-- The end of a session: attendance becomes final, which costs as much as there are students and therefore is not done
-- by the write that ended it, and the mentor gets the summary; whoever missed too much is warned.
create function notifier.expand_summary(event notifier.events)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_added integer;
begin
    perform private.finalize_attendance(event.session_id);
    perform notifier.queue_webhooks(
        'attendance.finalized',
        format('event/%s', event.id),
        jsonb_build_object('session_id', event.session_id),
        clock_timestamp()
    );
    insert into notifier.emails (event_id, session_id, recipient_id, kind)
    select event.id, event.session_id, (event.new ->> 'mentor_id')::uuid, 'attendance_summary'
    where event.new ->> 'mentor_id' is not null
    on conflict do nothing;
    get diagnostics v_added = row_count;
    v_added := v_added + notifier.warn_of_attendance(event);
    update notifier.events as expanded set through_id = event.id, expanded_at = clock_timestamp()
    where expanded.id = event.id;
    return v_added;
end
$$;
comment on function notifier.expand_summary(notifier.events) is
    'Expands the event of a session''s end, which the caller has locked: final attendance, one mail to the mentor, and warnings. Returns the mails added.';
revoke execute on function notifier.expand_summary(notifier.events) from public;
