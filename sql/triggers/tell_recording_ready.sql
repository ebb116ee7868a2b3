-- Endpoints hear of every recording that is published, whether students are told by mail or not, once it can be
-- watched. A delivery that still waits is moved along with that time, and dropped when the recording cannot be watched
-- any more. Security definer: writers of recordings have no business in the outbox.
create function private.tell_recording_ready()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_due boolean := tg_op <> 'DELETE' and new.is_published;
    v_source text := format('recording/%s', case when tg_op = 'DELETE' then old.id else new.id end);
begin
    if tg_op <> 'INSERT' then
        if v_is_due and old.is_published and new.available_from = old.available_from then
            return null;
        end if;
        -- By way of the endpoints, with which the unique key begins: no other index has the source.
        delete from notifier.webhook_deliveries as waiting
        using public.webhook_endpoints as endpoint
        where
            waiting.endpoint_id = endpoint.id
            and waiting.event_type = 'recording.ready'
            and waiting.source = v_source
            and waiting.status = 'queued';
        -- If it had been sent already, it is not told again.
        v_is_due := v_is_due and (found or not old.is_published);
    end if;
    if v_is_due then
        perform notifier.queue_webhooks(
            'recording.ready',
            v_source,
            jsonb_build_object('session_id', new.session_id, 'recording_id', new.id),
            greatest(clock_timestamp(), new.available_from),
            new.available_from
        );
    end if;
    return null;
end
$$;
comment on function private.tell_recording_ready() is
    'Queues recording.ready for a recording that was published, moves it along with available_from, and drops it.';
revoke execute on function private.tell_recording_ready() from public;

create trigger tell_recording_ready
after insert or delete or update of is_published, available_from on public.session_recordings
for each row execute function private.tell_recording_ready();
