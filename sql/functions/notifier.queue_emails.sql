-- Their roles before and after the event, and a mail for each who is to be told something. Doing it twice adds nothing
-- (unique key).
create function notifier.queue_emails(
    event notifier.events,
    user_ids uuid[],
    queued_at timestamptz,
    transaction_id xid8
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_new jsonb := (select latest.new from notifier.events as latest where latest.id = event.through_id);
    v_changes jsonb := notifier.session_changes(event.old, v_new);
    -- See notifier.event_candidates.
    v_is_merged boolean := event.through_id > event.id;
    v_urgent boolean := notifier.is_urgent(event.old, v_new, queued_at);
    v_wait_until timestamptz := notifier.meeting_wait_until(event.session_id);
    v_is_pressing boolean := v_urgent or v_changes ?| array['meeting_details', 'meeting_link'];
    -- Further changes until then are told along with this one.
    v_settled_at timestamptz := case
        when not v_is_pressing then event.created_at + make_interval(
            secs => (select settings.mail_debounce_seconds from public.app_settings as settings)
        )
    end;
    v_added integer;
begin
    -- A mail that follows one waiting for its next attempt would be blocked until then; it waits along with it, and is
    -- folded into it by the claim.
    insert into notifier.emails (event_id, transaction_id, session_id, recipient_id, kind, urgent, available_at)
    select
        event.id,
        queue_emails.transaction_id,
        event.session_id,
        recipient.user_id,
        coalesce(mail.kind, 'session_updated'),
        v_urgent,
        greatest(queued_at, v_settled_at, known.available_at, v_wait_until)
    from notifier.recipient_roles(event.session_id, user_ids, event.old, v_new, event.id, event.through_id) as recipient
    cross join lateral notifier.mail_kind(
        recipient.role_before, recipient.role_after, v_changes, v_new ->> 'status' = 'cancelled'
    ) as mail (kind)
    cross join lateral (
        select
            max(earlier.available_at) as available_at,
            v_is_merged and (
                count(*) > 0
                or exists (
                    select from notifier.emails as ahead
                    where
                        ahead.session_id = event.session_id
                        and ahead.recipient_id = recipient.user_id
                        and ahead.topic = event.topic
                        and ahead.told_through > ahead.event_id
                        and ahead.told_through >= event.id
                    offset 0
                )
            ) as is_uncertain
        from notifier.emails as earlier
        where
            earlier.session_id = event.session_id
            and earlier.recipient_id = recipient.user_id
            and earlier.topic = event.topic
            and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
    ) as known
    where
        mail.kind is not null
        or known.is_uncertain
        -- Whoever came to the audience or left it, and takes part before and after, by an invitation for one: mails in
        -- between may have been skipped because they had no access then. The claim knows what they have been told.
        or (recipient.role_after is not null and (recipient.has_left or event.enrollment_position is not null))
    order by recipient.user_id
    on conflict do nothing;
    get diagnostics v_added = row_count;
    -- Mails about one session go out in order, so an urgent one would wait behind an earlier one that waits for further
    -- changes, for a turn or for the morning: that one is hurried, too. One that is locked is being claimed at this
    -- moment, and waiting for it could end in a deadlock; notifier.hurry_overtaken looks after it.
    if v_is_pressing then
        update notifier.emails as overtaking
        set
            urgent = overtaking.urgent or v_urgent,
            available_at = case
                when overtaking.attempts > 0 and overtaking.postponed_for is null then overtaking.available_at
                else least(overtaking.available_at, greatest(queued_at, v_wait_until))
            end
        where overtaking.id = any(
            array(
                select earlier.id
                from notifier.emails as earlier
                where
                    earlier.session_id = event.session_id
                    and earlier.recipient_id = any(user_ids)
                    and earlier.topic = event.topic
                    -- Both conditions: by the first the planner sees that the index of unfinished mails serves.
                    and earlier.status in ('queued', 'claimed', 'sending', 'in_doubt')
                    and earlier.status = 'queued'
                    and (not earlier.urgent or earlier.postponed_for is not null)
                for no key update skip locked
            )
        );
    end if;
    return v_added;
end
$$;
comment on function notifier.queue_emails(notifier.events, uuid[], timestamptz, xid8) is
    'Queues the mails of a started event for those of these users who are to be told something, as rows of this transaction (null: of one session alone); how many.';
revoke execute on function notifier.queue_emails(notifier.events, uuid[], timestamptz, xid8) from public;
