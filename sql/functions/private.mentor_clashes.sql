-- Its callers ask about mentors whose sessions their users may not see. They name a clash only to the mentor and to
-- managers.
create function private.mentor_clashes(
    mentor_id uuid,
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
    v_buffer interval;
begin
    if mentor_clashes.end_time <= mentor_clashes.start_time then
        return;
    end if;
    v_buffer := (select make_interval(mins => settings.mentor_buffer_minutes) from public.app_settings as settings);

    return query
    select
        case
            when session.start_time < mentor_clashes.end_time and session.end_time > mentor_clashes.start_time
                then 'session'
            else 'buffer'
        end,
        session.id,
        session.title,
        session.start_time,
        session.end_time
    from public.success_sessions as session
    where
        session.mentor_id = mentor_clashes.mentor_id
        and tstzrange(session.start_time, session.end_time)
        && tstzrange(mentor_clashes.start_time - v_buffer, mentor_clashes.end_time + v_buffer)
        and session.status in ('upcoming', 'live')
        and session.id <> all(coalesce(except_session_ids, '{}'))
    union all
    select
        'time_off',
        null,
        time_off.reason,
        time_off.start_time,
        time_off.end_time
    from public.mentor_time_off as time_off
    where
        time_off.mentor_id = mentor_clashes.mentor_id
        and time_off.start_time < mentor_clashes.end_time
        and time_off.end_time > mentor_clashes.start_time
    order by 4, 5, 2;
end
$$;
comment on function private.mentor_clashes(uuid, timestamptz, timestamptz, uuid[]) is
    'What keeps a mentor from hosting from start_time to end_time, in the order of time: upcoming and live sessions then or closer than app_settings.mentor_buffer_minutes, except those named, and time off. No row: free. It sees what is committed; take the mentor''s turn before, in a statement of its own, if it is to stay true.';
revoke execute on function private.mentor_clashes(uuid, timestamptz, timestamptz, uuid[]) from public;
