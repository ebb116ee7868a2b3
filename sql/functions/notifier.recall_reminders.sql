-- A reminder is asked about once more just before it is handed over. Where the way out is slow, a minute may pass
-- between the claim and that, and nobody is to be reminded of what was called off or moved meanwhile. It goes back to
-- the queue, where the next claim, which asks the same, drops it.
create function notifier.recall_reminders(claim uuid, email_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_untrue uuid[] := array(
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
    if v_untrue = '{}' then
        return v_untrue;
    end if;
    return array(select released.id from notifier.release_emails(claim, v_untrue) as released (id));
end
$$;
comment on function notifier.recall_reminders(uuid, uuid[]) is
    'Gives back those of these mails of this claim that remind of a session that was called off, has moved or has begun since they were claimed, or somebody who is out of it; returns them.';
revoke execute on function notifier.recall_reminders(uuid, uuid[]) from public;
