-- For operators: everything the outbox knows of one mail. Security definer: role notifier may call the queue's
-- functions and read nothing.
create function notifier.email_history(email_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_history jsonb;
begin
    select
        jsonb_strip_nulls(to_jsonb(email))
        || jsonb_build_object(
            'title', event.new -> 'title',
            'event', jsonb_build_object(
                'created_at', event.created_at,
                'changes', notifier.session_changes(event.old, event.new)
            ),
            'mail_events', coalesce(
                (
                    select
                        jsonb_agg(
                            jsonb_build_object('kind', told.kind, 'occurred_at', told.occurred_at)
                            order by told.occurred_at, told.id
                        )
                    from notifier.mail_events as told
                    where told.email_id = email.id
                ),
                '[]'
            ),
            'carries', array(
                select carried.id
                from notifier.emails as carried
                where carried.carried_by = email.id
                order by carried.id
            )
        )
    into v_history
    from notifier.emails as email
    inner join notifier.events as event on email.event_id = event.id
    where email.id = email_history.email_id;
    return v_history;
end
$$;
comment on function notifier.email_history(uuid) is
    'One mail as the outbox knows it: its columns that are not null, the title of its session, the event it tells of, what the provider told of it and the rows it carries; null for an unknown one. Holds user ids, no address.';
revoke execute on function notifier.email_history(uuid) from public;
grant execute on function notifier.email_history(uuid) to notifier;
