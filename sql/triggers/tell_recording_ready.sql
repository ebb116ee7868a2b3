-- Endpoints hear of every recording that is published, whether students are told by mail or not, once it can be
-- watched. Security definer: writers of recordings have no business in the outbox.
create function private.tell_recording_ready()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform notifier.queue_webhooks(
        'recording.ready',
        format('recording/%s', new.id),
        jsonb_build_object('session_id', new.session_id, 'recording_id', new.id),
        greatest(clock_timestamp(), new.available_from),
        new.available_from
    );
    return null;
end
$$;
comment on function private.tell_recording_ready() is 'Queues recording.ready for a recording that was published.';
revoke execute on function private.tell_recording_ready() from public;

create trigger tell_recording_ready
after insert or update of is_published on public.session_recordings
for each row when (new.is_published) execute function private.tell_recording_ready();
