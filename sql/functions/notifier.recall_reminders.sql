-- A reminder is asked about once more just before it is handed over. Where the way out is slow, a minute may pass
-- between the claim and that, and nobody is to be reminded of what was called off or moved meanwhile. It goes back to
-- the queue, where the next claim, which asks the same, drops it.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.recall_reminders(claim uuid, email_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_recalled uuid[] := array(
        select held.id
        from (
            select email.*
            from notifier.emails as email
            where email.id = any(email_ids)
            offset 0
        ) as held
        where
            held.topic = 'reminder'
            and held.claim_id = claim
            and notifier.reminder_refusal(held.event_id, held.recipient_id, v_now) is not null
    );
begin
    if cardinality(v_recalled) > 0 then
        return query select notifier.release_emails(claim, v_recalled);
    end if;
end
$$;
comment on function notifier.recall_reminders(uuid, uuid[]) is
    'Gives back those of these mails of this claim that remind of a session that was called off, has moved or has begun since they were claimed, or somebody who is out of it; returns them.';
revoke execute on function notifier.recall_reminders(uuid, uuid[]) from public;
grant execute on function notifier.recall_reminders(uuid, uuid[]) to notifier;
