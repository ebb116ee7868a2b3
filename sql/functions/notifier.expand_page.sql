-- One page of one started event: the next candidates by id, their roles before and after, a mail for each who is to be
-- told something.
create function notifier.expand_page(
    event notifier.events,
    max_users integer,
    out candidates integer,
    out added integer
)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_after uuid := coalesce(event.cursor, '00000000-0000-0000-0000-000000000000');
    v_old jsonb := event.old;
    v_new jsonb := (select latest.new from notifier.events as latest where latest.id = event.through_id);
    v_changes jsonb := notifier.session_changes(v_old, v_new);
    v_was_open boolean := notifier.is_open(v_old);
    v_is_open boolean := notifier.is_open(v_new);
    v_changes_audience boolean := (v_old ->> 'course_id', v_old ->> 'batch_id')
        is distinct from (v_new ->> 'course_id', v_new ->> 'batch_id');
    v_is_over boolean := greatest((v_old ->> 'end_time')::timestamptz, (v_new ->> 'end_time')::timestamptz) <= v_now;
    v_concerns_somebody boolean := (v_was_open or v_is_open) and not v_is_over;
    v_concerns_all boolean := v_concerns_somebody
        and (v_was_open <> v_is_open or v_changes_audience or v_changes <> '{}');
    -- Merged events pass through states that an earlier mail may have told. Whoever has one under way, or was told of a
    -- state in between, gets a mail in any case: the claim knows what that person knows, here the first and the last
    -- state may look alike.
    v_is_merged boolean := event.through_id > event.id;
    v_passes_states boolean := v_is_merged and exists (
        select
        from (
            select started.* from notifier.events as started where started.id = event.id
            union all
            select merged.* from notifier.events as merged where merged.merged_into = event.id
        ) as part
        where part.old is distinct from part.new
    );
    v_page uuid[];
begin
    v_page := array(
        select candidate.user_id
        from (
            select student.user_id
            from notifier.audience_page(
                (v_old ->> 'course_id')::uuid, (v_old ->> 'batch_id')::uuid, v_after, max_users
            ) as student (user_id)
            where v_concerns_all and v_was_open
            union
            select student.user_id
            from notifier.audience_page(
                (v_new ->> 'course_id')::uuid, (v_new ->> 'batch_id')::uuid, v_after, max_users
            ) as student (user_id)
            where v_concerns_all and v_is_open and (v_changes_audience or not v_was_open)
            union
            (
                select participant.user_id
                from public.session_participants as participant
                where
                    v_concerns_all
                    and participant.session_id between event.session_id and event.session_id
                    and participant.user_id > v_after
                order by participant.session_id, participant.user_id
                limit max_users
            )
            union
            (
                -- Of later events too: who has left since was still invited then.
                select change.user_id
                from (
                    select of_session.*
                    from notifier.events as of_session
                    where of_session.session_id = event.session_id
                    offset 0
                ) as part
                cross join lateral unnest(part.participants_added || part.participants_removed) as change (user_id)
                where v_concerns_somebody and part.id >= event.id and change.user_id > v_after
                order by change.user_id
                limit max_users
            )
            union
            (
                select distinct unfinished.recipient_id
                from notifier.emails as unfinished
                where
                    v_passes_states
                    and unfinished.session_id = event.session_id
                    and unfinished.topic = event.topic
                    and unfinished.recipient_id > v_after
                    and unfinished.status in ('queued', 'claimed', 'sending', 'in_doubt')
                order by unfinished.recipient_id
                limit max_users
            )
            union
            (
                select distinct ahead.recipient_id
                from notifier.emails as ahead
                where
                    v_passes_states
                    and ahead.session_id = event.session_id
                    and ahead.topic = event.topic
                    and ahead.recipient_id > v_after
                    and ahead.told_through > ahead.event_id
                    and ahead.told_through >= event.id
                order by ahead.recipient_id
                limit max_users
            )
            union
            select mentor.user_id
            from unnest(array[v_old ->> 'mentor_id', v_new ->> 'mentor_id']::uuid[]) as mentor (user_id)
            where v_concerns_all and mentor.user_id > v_after
        ) as candidate
        order by candidate.user_id
        limit max_users
    );
    candidates := cardinality(v_page);

    -- A mail that follows one waiting for its next attempt would be blocked until then; it waits along with it, and is
    -- folded into it by the claim.
    insert into notifier.emails (event_id, session_id, recipient_id, kind, available_at)
    select
        event.id,
        event.session_id,
        recipient.user_id,
        coalesce(mail.kind, 'session_updated'),
        greatest(v_now, known.available_at)
    from notifier.recipient_roles(event.session_id, v_page, v_old, v_new, event.id, event.through_id) as recipient
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
    where mail.kind is not null or known.is_uncertain
    order by recipient.user_id
    on conflict do nothing;
    get diagnostics added = row_count;

    update notifier.events as expanded
    set
        cursor = coalesce(v_page[candidates], expanded.cursor),
        expanded_at = case when candidates < max_users then clock_timestamp() end
    where expanded.id = event.id;
end
$$;
comment on function notifier.expand_page(notifier.events, integer) is
    'Expands the next page of an event that the caller has locked and started: how many candidates it considered and how many mails it added.';
revoke execute on function notifier.expand_page(notifier.events, integer) from public;
