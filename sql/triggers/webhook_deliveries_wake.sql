-- What the notifier itself queues it finds by itself; of a recording somebody has to tell it.
create constraint trigger webhook_deliveries_wake
after insert on notifier.webhook_deliveries
deferrable initially deferred
for each row when (new.event_type = 'recording.ready') execute function notifier.wake();
