-- Its callers ask about sessions that their users may not see, and name them to managers only.
create function private.meeting_account_clashes(
    meeting_account_id uuid,
    start_time timestamptz,
    end_time timestamptz,
    except_session_ids uuid[] default '{}'
)
returns setof private.mentor_clash
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account public.meeting_accounts;
begin
    select account.* into v_account
    from public.meeting_accounts as account
    where account.id = meeting_account_clashes.meeting_account_id;

    return query
    with hosted as materialized (
        select
            session.id,
            session.title,
            session.start_time,
            session.end_time
        from public.success_sessions as session
        where
            session.meeting_account_id = v_account.id
            and session.platform = v_account.platform
            and session.status in ('upcoming', 'live')
            -- No session is longer than a day: what the index is searched by.
            and session.start_time > meeting_account_clashes.start_time - interval '24 hours'
            and session.start_time < meeting_account_clashes.end_time
            and session.end_time > meeting_account_clashes.start_time
            and session.id <> all(coalesce(except_session_ids, '{}'))
    ),

    -- The most meetings at once are reached when one of them begins, or the period: other moments need not be looked
    -- at.
    full_moment as materialized (
        select begun.at
        from (
            select greatest(hosted.start_time, meeting_account_clashes.start_time)
            from hosted
        ) as begun (at)
        inner join hosted on hosted.start_time <= begun.at and hosted.end_time > begun.at
        group by begun.at
        having count(distinct hosted.id) >= v_account.max_concurrent_meetings
    )

    select
        'meeting_account',
        hosted.id,
        hosted.title,
        hosted.start_time,
        hosted.end_time
    from hosted
    where exists (
        select from full_moment where hosted.start_time <= full_moment.at and hosted.end_time > full_moment.at
    )
    order by hosted.start_time, hosted.end_time, hosted.id;
end
$$;
comment on function private.meeting_account_clashes(uuid, timestamptz, timestamptz, uuid[]) is
    'The upcoming and live sessions, except those named, that fill the account at some moment from start_time to end_time, so that it could not host one more; in the order of time. No row: there is room, unless its limit is 0. It sees what is committed; take the account''s turn before, in a statement of its own, if it is to stay true.';
revoke execute on function private.meeting_account_clashes(uuid, timestamptz, timestamptz, uuid[]) from public;
