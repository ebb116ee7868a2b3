-- Fans events out to recipients, one row of notifier.emails each, in pages: at most max_emails candidates per call, so
-- that the transaction stays short whatever the size of the audience.
--
-- Events that have not been started come before the further pages of those that have: a change that concerns few is not
-- kept waiting by one that concerns 100,000.
--
-- Several workers may call it at once: each takes another transaction's events (skip locked). Events of one session and
-- topic are expanded in order, and those that pile up before the first is started are merged into it: one mail from the
-- first old state to the last new one. The page is a keyset over the ids of the candidates, who come from indexes, and
-- runs over all sessions that a transaction changed at once: each person has all of their mails, or none yet. Expanding
-- twice adds nothing (unique key).
--
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.expand_events(max_emails integer default 500)
returns table (emails integer, more boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    v_left integer := max_emails;
    v_changes integer;
    -- The index still holds the events that this call has expanded: searched from the beginning each time, many small
    -- ones would cost their square.
    v_last_id bigint;
    v_started boolean;
    v_event notifier.events;
    v_events notifier.events[];
    v_added integer;
    v_candidates integer;
begin
    if max_emails is null or max_emails < 1 then
        raise exception using
            errcode = '22023',
            message = 'max_emails must be a positive number',
            hint = 'Send how many recipients one call may add, such as 500.';
    end if;
    emails := 0;
    more := false;
    -- Beside the rest: 100,000 who are enrolled at once keep no other change waiting.
    v_changes := notifier.expand_enrollments(max_emails);
    foreach v_started in array array[false, true] loop
        v_last_id := 0;
        while v_left > 0 and not more loop
            select event.* into v_event
            from notifier.events as event
            where
                event.expanded_at is null
                and (event.through_id is not null) = v_started
                and event.id > v_last_id
                and not exists (
                    select from notifier.events as earlier
                    where
                        earlier.session_id = event.session_id
                        and earlier.topic = event.topic
                        and earlier.id < event.id
                        and earlier.expanded_at is null
                    offset 0
                )
                -- What a transaction did to several sessions is expanded together, under the lock of its first event.
                and (
                    event.topic <> 'invitation'
                    or not exists (
                        select from notifier.events as sibling
                        where
                            sibling.transaction_id = event.transaction_id
                            and sibling.topic = 'invitation'
                            and sibling.expanded_at is null
                            and sibling.id < event.id
                        offset 0
                    )
                )
            order by event.expanded_at, event.id
            limit 1
            for no key update skip locked;
            exit when not found;
            v_last_id := v_event.id;

            if v_event.topic = 'summary' then
                v_added := notifier.expand_summary(v_event);
                v_candidates := 1;
            elsif v_event.topic = 'recording' then
                select page.added, page.candidates, page.more into v_added, v_candidates, more
                from notifier.expand_recording(v_event, v_left) as page;
            else
                if v_event.topic = 'reminder' then
                    -- Reminders are not merged: each is for those who chose its number of minutes.
                    v_event.through_id := v_event.id;
                    update notifier.events as started set through_id = v_event.id where started.id = v_event.id;
                    v_events := array[v_event];
                else
                    v_events := notifier.start_events(v_event);
                end if;
                continue when v_events = '{}';
                select page.added, page.candidates, page.more into v_added, v_candidates, more
                from notifier.expand_page(
                    v_events, case when cardinality(v_events) > 1 then max_emails else v_left end
                ) as page;
            end if;
            emails := emails + v_added;
            v_left := v_left - v_candidates;
        end loop;
    end loop;
    more := more or v_left <= 0 or v_changes > 0;
    return next;
end
$$;
comment on function notifier.expand_events(integer) is
    'Expands waiting events, oldest first and large ones page by page after the others, considering about max_emails recipients: how many mails were queued, and whether to call again at once.';
revoke execute on function notifier.expand_events(integer) from public;
grant execute on function notifier.expand_events(integer) to notifier;
