-- People come before the time and talk on after it: whatever happens within an hour of a session belongs to it.
create function private.meeting_sessions(
    platform text,
    meeting_id text,
    from_time timestamptz,
    to_time timestamptz
)
returns setof public.success_sessions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_margin constant interval := interval '1 hour';
    v_key text := case
        when meeting_id ~ '^[0-9 -]+$' then private.meeting_key(meeting_id, null)
        else meeting_id
    end;
begin
    return query
    select session.*
    from public.success_sessions as session
    where
        session.platform = meeting_sessions.platform
        and private.meeting_key(session.zoom_meeting_id, session.platform_data) = v_key
        -- Hours: a session is at most a day long, which the index can use, but not all days have 24 hours.
        and session.start_time between from_time - v_margin - interval '24 hours' and to_time + v_margin
        and session.end_time >= from_time - v_margin
        and session.status <> 'cancelled'
    order by session.start_time, session.id;
end
$$;
comment on function private.meeting_sessions(text, text, timestamptz, timestamptz) is
    'The sessions that use a meeting within a period, an hour before and after included; cancelled ones left out. A meeting that recurs serves several.';
revoke execute on function private.meeting_sessions(text, text, timestamptz, timestamptz) from public;
