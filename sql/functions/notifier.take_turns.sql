-- For mails that are about to be handed over. Those whose turn comes within a second stay; the others go back to the
-- queue until their turn, which is theirs: they do not line up again, and the attempt is not counted. Turns are given
-- in the order asked for. Urgent mail takes a turn and does not wait for it. A request in doubt is repeated as a whole,
-- or not at all: its mails have had their turns.
--
-- A mail takes its turn under the limit of all mail (*) only when its turn under the domain's limit has come: taken
-- earlier, the long queue of one domain would use up everybody's turns.
--
-- Limits are locked in the order of their names, and whoever holds one locks nothing more but the mails of its claim,
-- which the caller has locked already. So workers wait for each other, but never in a circle.
create function notifier.take_turns(claim uuid, email_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_turns jsonb;
    v_email record;
    v_limit text;
    v_turn_at timestamptz;
    v_postponed uuid[] := array[]::uuid[];
    v_turns_at timestamptz[] := array[]::timestamptz[];
    v_scopes text[] := array[]::text[];
begin
    select
        jsonb_object_agg(
            held.domain,
            jsonb_build_object(
                'next', greatest(held.next_turn_at, v_now), 'gap', interval '1 minute' / held.per_minute
            )
        )
    into v_turns
    from (
        select locked.*
        from notifier.send_limits as locked
        where
            locked.domain = '*'
            or locked.domain in (
                select private.lower_address(split_part(account.email, '@', 2))
                from notifier.emails as email
                inner join auth.users as account on email.recipient_id = account.id
                where email.id = any(email_ids)
            )
        order by locked.domain
        for update
    ) as held;
    if v_turns is null then
        return v_postponed;
    end if;
    for v_email in
        select
            email.id,
            email.urgent,
            email.turn_scope,
            private.lower_address(split_part(account.email, '@', 2)) as domain
        from unnest(email_ids) with ordinality as asked (id, position)
        inner join notifier.emails as email on asked.id = email.id
        inner join auth.users as account on email.recipient_id = account.id
        where
            email.claim_id = claim
            and email.status = 'claimed'
            and email.carried_by is null
            and email.parcel_id is null
        order by asked.position
    loop
        foreach v_limit in array array[v_email.domain, '*'] loop
            continue when
                not v_turns ? v_limit
                or v_email.turn_scope = 'all'
                or (v_email.turn_scope = 'domain' and v_limit <> '*');
            v_turn_at := (v_turns -> v_limit ->> 'next')::timestamptz;
            v_turns := jsonb_set(
                v_turns, array[v_limit, 'next'], to_jsonb(v_turn_at + (v_turns -> v_limit ->> 'gap')::interval)
            );
            if not v_email.urgent and v_turn_at >= v_now + interval '1 second' then
                v_postponed := v_postponed || v_email.id;
                v_turns_at := v_turns_at || date_trunc('second', v_turn_at);
                v_scopes := v_scopes || case v_limit when '*' then 'all' else 'domain' end;
                exit;
            end if;
        end loop;
    end loop;

    update notifier.send_limits as held
    set next_turn_at = (v_turns -> held.domain ->> 'next')::timestamptz
    where v_turns ? held.domain;
    update notifier.emails as email
    set
        status = case when email.in_doubt_at is null then 'queued' else 'in_doubt' end::notifier.email_status,
        carried_by = case when email.in_doubt_at is not null then email.carried_by end,
        attempts = email.attempts - 1,
        available_at = turn.turn_at,
        turn_scope = turn.turn_scope,
        claim_id = null,
        lease_until = null
    from (
        select
            part.id,
            later.turn_at,
            later.turn_scope
        from unnest(v_postponed, v_turns_at, v_scopes) as later (id, turn_at, turn_scope)
        cross join lateral unnest(notifier.with_carried(array[later.id])) as part (id)
    ) as turn
    where email.id = turn.id and email.claim_id = claim and email.status = 'claimed';
    return v_postponed;
end
$$;
comment on function notifier.take_turns(uuid, uuid[]) is
    'Gives mails of this claim their turns under notifier.send_limits and returns those that went back to the queue until theirs.';
revoke execute on function notifier.take_turns(uuid, uuid[]) from public;
