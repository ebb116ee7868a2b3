-- The heartbeat of a worker whose batch takes longer than its lease.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.extend_claim(claim uuid, lease interval)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_held integer;
begin
    with held as materialized (
        select email.id
        from notifier.emails as email
        where email.status in ('claimed', 'sending') and email.claim_id = claim
        order by email.id
        for update
    )
    update notifier.emails as email
    set lease_until = clock_timestamp() + extend_claim.lease
    from held
    where email.id = held.id;
    get diagnostics v_held = row_count;
    return v_held;
end
$$;
comment on function notifier.extend_claim(uuid, interval) is
    'Renews the lease of all mails this claim still holds, from now; returns how many these are.';
revoke execute on function notifier.extend_claim(uuid, interval) from public;
grant execute on function notifier.extend_claim(uuid, interval) to notifier;
