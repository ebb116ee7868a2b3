-- What a started event, with all that was merged into it, means to other systems: ids and what changed, no text, no
-- name and no link. Nothing for one that only concerns who is invited.
create function notifier.queue_session_webhooks(event notifier.events, through_id bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new jsonb := (
        select latest.new from notifier.events as latest where latest.id = queue_session_webhooks.through_id
    );
    v_changed text[] := array(
        select field.name
        from jsonb_each(v_new) as field (name, value)
        where
            field.name not in ('sequence', 'calendar_uid', 'series_id', 'recurrence_id')
            and event.old is not null
            and field.value is distinct from event.old -> field.name
        order by field.name
    );
begin
    if event.topic <> 'invitation' or (event.old is not null and v_changed = '{}') then
        return;
    end if;
    perform notifier.queue_webhooks(
        case
            when not notifier.is_open(v_new) then 'session.cancelled'
            when event.old is null then 'session.created'
            else 'session.changed'
        end,
        format('event/%s', event.id),
        jsonb_build_object(
            'session_id', event.session_id,
            'course_id', v_new -> 'course_id',
            'batch_id', v_new -> 'batch_id',
            'series_id', v_new -> 'series_id',
            'mentor_id', v_new -> 'mentor_id',
            'start_time', v_new -> 'start_time',
            'end_time', v_new -> 'end_time',
            'sequence', v_new -> 'sequence',
            'changed', case when event.old is not null then to_jsonb(v_changed) end
        ),
        event.created_at
    );
end
$$;
comment on function notifier.queue_session_webhooks(notifier.events, bigint) is
    'Queues session.created, session.changed or session.cancelled for an event that starts, up to the last one merged into it.';
revoke execute on function notifier.queue_session_webhooks(notifier.events, bigint) from public;
