-- The heartbeat of a worker whose batch takes longer than its lease.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.extend_claim(claim uuid, lease interval)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_held integer;
begin
    update notifier.emails as email
    set lease_until = clock_timestamp() + extend_claim.lease
    where email.id = any(
        array(
            select held.id
            from (
                select leased.*
                from notifier.emails as leased
                where
                    leased.id = any(
                        array(
                            -- In this order only emails_held_idx can serve, which holds such mails and no others.
                            select candidate.id
                            from notifier.emails as candidate
                            where
                                candidate.status in ('claimed', 'sending')
                                and candidate.carried_by is null
                                and candidate.claim_id = claim
                            order by candidate.lease_until
                        )
                    )
                order by leased.id
                offset 0
                for update
            ) as held
            where held.claim_id = claim and held.status in ('claimed', 'sending') and held.carried_by is null
        )
    );
    get diagnostics v_held = row_count;
    return v_held;
end
$$;
comment on function notifier.extend_claim(uuid, interval) is
    'Renews the lease of all mails this claim still holds, from now; returns how many these are.';
revoke execute on function notifier.extend_claim(uuid, interval) from public;
grant execute on function notifier.extend_claim(uuid, interval) to notifier;
