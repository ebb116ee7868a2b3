-- The session that something in a meeting belongs to: of those around that time one that the user takes part in, that
-- is on, and else the nearest. What begins between two sessions belongs to the next, what ends there to the last. Of
-- two that are on, the one that the meeting was made for, else the older: ids, which their writers choose, and lengths
-- decide nothing.
create function private.meeting_session(
    platform text,
    meeting_id text,
    occurred_at timestamptz,
    is_beginning boolean,
    user_id uuid default null
)
returns public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions;
begin
    select session.* into v_session
    from private.meeting_sessions(platform, meeting_id, occurred_at, occurred_at) as session
    order by
        user_id is not null and private.takes_part(session, user_id) desc,
        occurred_at >= session.start_time and occurred_at < session.end_time desc,
        occurred_at >= session.start_time and occurred_at < session.end_time and private.owns_meeting(session) desc,
        is_beginning = (session.start_time > occurred_at) desc,
        greatest(session.start_time - occurred_at, occurred_at - session.end_time, interval '0'),
        session.created_at,
        session.id
    limit 1;
    return v_session;
end
$$;
comment on function private.meeting_session(text, text, timestamptz, boolean, uuid) is
    'The session that what happens in a meeting belongs to; null where no session uses the meeting around that time.';
revoke execute on function private.meeting_session(text, text, timestamptz, boolean, uuid) from public;
