-- The mark before a message is handed over: from here on a crash leaves its outcome unknown. It must be committed
-- before the server could accept the mail, and only what it returns as begun may be sent; what it returns as not begun
-- went back to the queue. Rows are locked in the order of their ids, whatever the order asked for, so that two calls at
-- once cannot deadlock. Carried rows follow. What goes out in one request is marked with its id, so that whoever
-- repeats it knows all that was in it; and each with its transport, because only that one may know a repetition for
-- what it is. Whoever asks again, because the answer was lost with the connection, has handed nothing over meanwhile:
-- what that call had marked is answered once more.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.begin_sending(
    claim uuid,
    email_ids uuid[],
    lease interval,
    parcel_id uuid default null,
    transport text default null,
    again boolean default false
)
returns table (email_id uuid, is_begun boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_held uuid[];
    v_has_reminders boolean;
    v_returned uuid[] := array[]::uuid[];
begin
    select
        coalesce(array_agg(held.id), '{}'),
        coalesce(bool_or(held.topic = 'reminder'), false)
    into v_held, v_has_reminders
    from (
        select locked.*
        from notifier.emails as locked
        where locked.id = any(email_ids)
        order by locked.id
        offset 0
        for update
    ) as held
    where
        held.claim_id = claim
        and (held.status = 'claimed' or (again and held.status = 'sending'))
        and held.carried_by is null;
    if v_has_reminders then
        v_returned := notifier.recall_reminders(claim, v_held);
    end if;
    if exists (select from notifier.send_limits) then
        v_returned := v_returned || notifier.take_turns(claim, email_ids);
    end if;
    return query
    with begun as (
        update notifier.emails as email
        set
            status = 'sending',
            turn_scope = null,
            transport = begin_sending.transport,
            parcel_id = case when email.carried_by is null then coalesce(begin_sending.parcel_id, email.parcel_id) end,
            lease_until = case when email.carried_by is null then clock_timestamp() + begin_sending.lease end
        where email.id = any(notifier.with_carried(v_held)) and email.claim_id = claim
        returning
            email.id,
            email.carried_by
    )
    select
        begun.id,
        true
    from begun
    where begun.carried_by is null
    union all
    select
        returned.id,
        false
    from unnest(v_returned) as returned (id);
end
$$;
comment on function notifier.begin_sending(uuid, uuid[], interval, uuid, text, boolean) is
    'Marks mails of this claim as being handed over and renews their lease. Returns those that may be sent, as begun, and those that went back to the queue, for a limit or because there is nothing left to remind of; without those the claim has lost. parcel_id: the request that they share; null: they go one by one. transport: what they are handed to. again: whether this repeats a call whose answer was lost.';
revoke execute on function notifier.begin_sending(uuid, uuid[], interval, uuid, text, boolean) from public;
grant execute on function notifier.begin_sending(uuid, uuid[], interval, uuid, text, boolean) to notifier;
