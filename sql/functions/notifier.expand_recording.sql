-- A page of the students who take part in the session. Whether each may watch it is asked by the claim.
create function notifier.expand_recording(
    event notifier.events,
    max_users integer,
    out candidates integer,
    out added integer,
    out more boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_after uuid := coalesce(event.cursor, '00000000-0000-0000-0000-000000000000');
    v_user_ids uuid[];
begin
    v_user_ids := array(
        select candidate.user_id
        from (
            select student.user_id
            from notifier.audience_page(
                (event.new ->> 'course_id')::uuid, (event.new ->> 'batch_id')::uuid, v_after, max_users
            ) as student (user_id)
            union
            (
                select participant.user_id
                from public.session_participants as participant
                where
                    participant.session_id between event.session_id and event.session_id
                    and participant.user_id > v_after
                order by participant.session_id, participant.user_id
                limit max_users
            )
        ) as candidate
        order by candidate.user_id
        limit max_users
    );
    insert into notifier.emails (event_id, session_id, recipient_id, kind)
    select event.id, event.session_id, recipient.user_id, 'recording_available'
    from unnest(v_user_ids) as recipient (user_id)
    on conflict do nothing;
    get diagnostics added = row_count;
    candidates := cardinality(v_user_ids);
    more := candidates = max_users;
    update notifier.events as expanded
    set
        through_id = event.id,
        cursor = coalesce(v_user_ids[candidates], expanded.cursor),
        expanded_at = case when not more then clock_timestamp() end
    where expanded.id = event.id;
end
$$;
comment on function notifier.expand_recording(notifier.events, integer) is
    'Expands the next page of a recording''s event, which the caller has locked: how many candidates it considered, how many mails it added, whether there is another page.';
revoke execute on function notifier.expand_recording(notifier.events, integer) from public;
