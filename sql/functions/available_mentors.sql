-- Security definer: it is the API; it reads by indexes that row-level security would keep from it, for thousands of
-- mentors at once. How many are free is known only when it runs: planned for any number, the load was looked up by the
-- wrong index. Among 10,000 mentors and 400,000 sessions of a year, 5,800 of them free: 0.25 s; with a plan for any
-- number: 3 s.
create function public.available_mentors(start_time timestamptz, end_time timestamptz)
returns setof public.available_mentor
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
    c_longest constant interval := interval '24 hours'; -- of a session
    c_around constant interval := interval '14 days';
    v_buffer interval;
    v_free uuid[];
begin
    if not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may look for mentors who are free',
            hint = 'Ask a manager.';
    end if;
    perform private.check_session_period(start_time, end_time);
    v_buffer := (select make_interval(mins => settings.mentor_buffer_minutes) from public.app_settings as settings);

    v_free := array(
        select held.user_id
        from public.user_roles as held
        where held.role = 'mentor'
        except
        -- status_due_at is the start of an upcoming session and the end of a live one.
        select session.mentor_id
        from public.success_sessions as session
        where
            session.status_due_at > available_mentors.start_time - v_buffer - c_longest
            and session.status_due_at < available_mentors.end_time + v_buffer + c_longest
            and session.status in ('upcoming', 'live')
            and session.start_time < available_mentors.end_time + v_buffer
            and session.end_time > available_mentors.start_time - v_buffer
        except
        select time_off.mentor_id
        from public.mentor_time_off as time_off
        where
            tstzrange(time_off.start_time, time_off.end_time)
            && tstzrange(available_mentors.start_time, available_mentors.end_time)
    );

    return query
    select
        mentor.id,
        mentor.full_name,
        mentor.timezone,
        coalesce(hosted.sessions, 0)::integer,
        coalesce(hosted.minutes, 0)::integer
    from private.within_availability(v_free, available_mentors.start_time, available_mentors.end_time) as free (id)
    inner join public.profiles as mentor on mentor.id = free.id
    left join (
        select
            session.host_key,
            count(*) as sessions,
            sum(extract(epoch from session.end_time - session.start_time)) / 60 as minutes
        from public.success_sessions as session
        where
            session.host_key = any(v_free)
            and session.start_time >= available_mentors.start_time - c_around
            and session.start_time < available_mentors.start_time + c_around
            and session.status <> 'cancelled'
        group by session.host_key
    ) as hosted on hosted.host_key = mentor.id
    order by coalesce(hosted.minutes, 0), coalesce(hosted.sessions, 0), mentor.full_name, mentor.id;
end
$$;
comment on function public.available_mentors(timestamptz, timestamptz) is
    'The mentors who could host from start_time to end_time: no upcoming or live session then or closer than app_settings.mentor_buffer_minutes, no time off, and within their weekly hours if they have stated any. Those with the least load first: minutes they host in the sessions, cancelled ones left out, that begin from 14 days before start_time to 14 days after it. Managers only. Errors: 42501; 22023 a period that no session could have.';
revoke execute on function public.available_mentors(timestamptz, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.available_mentors(timestamptz, timestamptz) to authenticated;
