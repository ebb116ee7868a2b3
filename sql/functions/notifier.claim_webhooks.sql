-- Hands a worker due webhooks, oldest first, and those whose worker has not been heard of until its lease ended. An
-- attempt is counted here. Those of an endpoint that was switched off meanwhile are given up on the way. What an
-- endpoint has under way is answered before it is sent more: one that takes long for each would keep others waiting.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.claim_webhooks(worker text, max_deliveries integer, lease interval)
returns setof notifier.claimed_webhook
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_claim_id uuid := gen_random_uuid();
    v_busy uuid[];
    v_due uuid[];
begin
    if max_deliveries is null or max_deliveries < 1 or lease is null or lease <= interval '0' then
        raise exception using errcode = '22023', message = 'max_deliveries and lease must be positive';
    end if;
    v_busy := array(
        select distinct held.endpoint_id
        from notifier.webhook_deliveries as held
        where held.status = 'claimed' and held.available_at > v_now
    );
    v_due := array(
        select due.id
        from notifier.webhook_deliveries as due
        where
            due.status in ('queued', 'claimed')
            and due.available_at <= v_now
            and due.endpoint_id <> all(v_busy)
        order by due.available_at, due.id
        limit max_deliveries
        for update skip locked
    );
    if v_due = '{}' then
        return;
    end if;
    update notifier.webhook_deliveries as given_up
    set status = 'dead', last_error = 'the endpoint is switched off'
    from public.webhook_endpoints as endpoint
    where given_up.id = any(v_due) and given_up.endpoint_id = endpoint.id and not endpoint.is_active;
    update notifier.webhook_deliveries as given_up
    set status = 'dead', last_error = format('the lease of worker %s ran out', given_up.claimed_by)
    where given_up.id = any(v_due) and given_up.status = 'claimed' and notifier.retry_delay(given_up.attempts) is null;
    return query
    with claimed as (
        update notifier.webhook_deliveries as delivery
        set
            status = 'claimed',
            attempts = delivery.attempts + 1,
            claim_id = v_claim_id,
            claimed_by = worker,
            available_at = v_now + lease
        where delivery.id = any(v_due) and delivery.status in ('queued', 'claimed')
        returning delivery.*
    )
    select
        claimed.id,
        claimed.claim_id,
        claimed.endpoint_id,
        endpoint.url,
        claimed.event_type,
        claimed.payload::text,
        array(
            select secret.decrypted_secret
            from vault.decrypted_secrets as secret
            where
                secret.name = private.webhook_secret_name(endpoint.id)
                or (
                    endpoint.previous_secret_until > v_now
                    and secret.name = private.webhook_secret_name(endpoint.id, true)
                )
            order by secret.name
        ),
        claimed.attempts
    from claimed
    inner join public.webhook_endpoints as endpoint on claimed.endpoint_id = endpoint.id
    order by claimed.created_at, claimed.id;
end
$$;
comment on function notifier.claim_webhooks(text, integer, interval) is
    'Claims up to max_deliveries due webhooks for a worker until the lease ends, with all it needs to send them.';
revoke execute on function notifier.claim_webhooks(text, integer, interval) from public;
grant execute on function notifier.claim_webhooks(text, integer, interval) to notifier;
