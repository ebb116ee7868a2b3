-- Security definer: it is the API; the outbox is closed to the caller.
create function public.explain_notifications(session_id uuid, user_id uuid)
returns setof public.notification_explanation
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.explained_session(session_id, user_id);
begin
    return query
    with told as materialized (
        -- Two arms, each with the condition of its partial index before the one that is meant.
        select
            settled.event_id,
            settled.topic,
            settled.told_from,
            settled.told_through
        from notifier.emails as settled
        where
            settled.session_id = v_session.id
            and settled.recipient_id = explain_notifications.user_id
            and settled.status in ('sent', 'skipped', 'dead')
            and settled.status = 'sent'
        union all
        select
            unfinished.event_id,
            unfinished.topic,
            unfinished.told_from,
            unfinished.told_through
        from notifier.emails as unfinished
        where
            unfinished.session_id = v_session.id
            and unfinished.recipient_id = explain_notifications.user_id
            and unfinished.status in ('queued', 'claimed', 'sending', 'in_doubt')
            and unfinished.status in ('sending', 'in_doubt')
    )
    select
        event.id,
        event.created_at,
        case
            when event.topic = 'summary' then 'completed'
            when event.topic <> 'invitation' then event.topic::text
            when event.old is null then 'created'
            when event.old = event.new then 'invitations'
            when notifier.is_open(event.old) and event.new ->> 'status' = 'cancelled' then 'cancelled'
            when not notifier.is_open(event.old) and notifier.is_open(event.new) then 'reinstated'
            else 'changed'
        end,
        array(
            select field.name
            from jsonb_object_keys(notifier.session_changes(event.old, event.new)) as field (name)
            order by field.name
        ),
        email.kind::text,
        coalesce(
            email.status::text,
            case
                when event.expanded_at is null then 'unexpanded'
                when event.merged_into is not null then 'merged'
                when teller.event_id is not null then 'told_with_another'
                else 'not_concerned'
            end
        ),
        case
            when email.id is not null then private.email_outcome(email)
            when event.expanded_at is null then 'waits for a notifier to find out whom it concerns'
            when event.merged_into is not null then format('is told together with change %s', event.merged_into)
            when teller.event_id is not null then format('the mail about change %s told of it, too', teller.event_id)
            when event.topic = 'summary' then 'only the mentor gets the summary'
            else 'concerns nobody like them: not invited before it nor after, or nothing they see has changed'
        end,
        email.attempts,
        case when email.status in ('queued', 'in_doubt') then email.available_at end,
        email.in_doubt_at,
        email.sent_at,
        case email.status when 'sent' then email.transport end,
        case when email.status <> 'sent' then email.last_error end,
        email.id
    from notifier.events as event
    left join notifier.emails as email
        on event.id = email.event_id and email.recipient_id = explain_notifications.user_id
    left join lateral (
        select another.event_id
        from told as another
        where
            another.topic = event.topic
            and another.told_from <= event.id
            and another.told_through >= event.id
            and another.event_id <> event.id
        order by another.event_id
        limit 1
    ) as teller on true
    where
        event.session_id = v_session.id
        and (event.student_id is null or event.student_id = explain_notifications.user_id)
    order by event.id, email.topic;
end
$$;
comment on function public.explain_notifications(uuid, uuid) is
    'What became of each change of a session for one user: whether a mail was sent, is waiting, was skipped or given up, when and why. Others'' seats are left out. For managers and the database''s owner. Errors: 42501; PT404 unknown session or user.';
revoke execute on function public.explain_notifications(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.explain_notifications(uuid, uuid) to authenticated;
