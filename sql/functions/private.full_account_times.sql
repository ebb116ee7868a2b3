-- Security invoker: its callers decide who learns of accounts. Counts what private.meeting_account_clashes counts, once
-- for a whole period.
create function private.full_account_times(
    meeting_account_ids uuid[],
    from_time timestamptz,
    to_time timestamptz,
    except_session_id uuid default null
)
returns tstzmultirange[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select
            case account.max_concurrent_meetings
                when 0 then tstzmultirange(tstzrange(null, null))
                else coalesce(busy.times, '{}')
            end
        from public.meeting_accounts as account
        cross join lateral (
            select range_agg(tstzrange(moment.at, moment.until)) as times
            from (
                -- How many meetings there are from each begin or end of one to the next.
                select
                    change.at,
                    lead(change.at) over (order by change.at) as until,
                    sum(sum(change.meetings)) over (order by change.at) as meetings
                from public.success_sessions as session
                cross join lateral (values (session.start_time, 1), (session.end_time, -1)) as change (at, meetings)
                where
                    session.meeting_account_id = account.id
                    and session.platform = account.platform
                    and session.status in ('upcoming', 'live')
                    -- No session is longer than a day: what the index is searched by.
                    and session.start_time > full_account_times.from_time - interval '24 hours'
                    and session.start_time < full_account_times.to_time
                    and session.id is distinct from except_session_id
                group by change.at
            ) as moment
            where moment.meetings >= account.max_concurrent_meetings
        ) as busy
        where account.id = any(meeting_account_ids)
        order by account.id
    );
end
$$;
comment on function private.full_account_times(uuid[], timestamptz, timestamptz, uuid) is
    'For each of these accounts, in the order of ids, when from from_time to to_time it hosts all it can, the session excepted (null: none) left out of account.';
revoke execute on function private.full_account_times(uuid[], timestamptz, timestamptz, uuid) from public;
