-- Which sessions of a meeting a stay belongs to: those that it reaches into, or else the nearest. Somebody we know
-- belongs to the sessions they take part in, where there are any. Whom we do not know comes with name and address, and
-- is shown to the host whom the meeting was made for rather than to others who use it at the same time.
create function private.sessions_of_stay(
    sessions public.success_sessions[],
    joined_at timestamptz,
    left_at timestamptz,
    user_id uuid
)
returns public.success_sessions[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sessions public.success_sessions[];
begin
    -- Nearly always there is one and nothing to choose, and there may be thousands of stays.
    if cardinality(sessions) = 1 then
        return sessions;
    end if;
    v_sessions := array(
        select session
        from unnest(sessions) as session
        where
            session.start_time <= left_at
            and session.end_time > joined_at
            and case
                when user_id is not null then private.takes_part(session, user_id)
                else private.owns_meeting(session) or not exists (
                    select from unnest(sessions) as own
                    where
                        own.start_time < session.end_time
                        and own.end_time > session.start_time
                        and private.owns_meeting(own)
                )
            end
        order by session.id
    );
    if cardinality(v_sessions) > 0 then
        return v_sessions;
    end if;
    return array(
        select session
        from unnest(sessions) as session
        order by
            user_id is not null and private.takes_part(session, user_id) desc,
            session.start_time <= left_at and session.end_time > joined_at desc,
            session.start_time > joined_at desc,
            greatest(session.start_time - left_at, joined_at - session.end_time),
            private.owns_meeting(session) desc,
            session.created_at,
            session.id
        limit 1
    );
end
$$;
comment on function private.sessions_of_stay(public.success_sessions[], timestamptz, timestamptz, uuid) is
    'Those of the sessions that a stay in their meeting belongs to, at least one unless there are none.';
revoke execute on function private.sessions_of_stay(
    public.success_sessions[], timestamptz, timestamptz, uuid
) from public;
