-- Orders one mail per recording that was to be told of, once it can be watched. The session's row is locked first, as
-- by every writer of its events; what somebody is editing at this moment is left for the next time.
create function notifier.announce_recordings()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    v_session public.success_sessions;
begin
    for v_session in
        select session.*
        from public.success_sessions as session
        where session.id = any(
            array(
                select due.session_id
                from public.session_recordings as due
                where due.announce_at <= clock_timestamp()
                order by due.announce_at
                limit 1000
            )
        )
        order by session.id
        for no key update skip locked
    loop
        with
        told as (
            update public.session_recordings as recording set told_at = clock_timestamp()
            where recording.id = any(
                array(
                    select due.id
                    from public.session_recordings as due
                    where due.session_id = v_session.id and due.announce_at <= clock_timestamp()
                    for no key update skip locked
                )
            )
            returning recording.id
        )

        insert into notifier.events (session_id, recording_id, old, new)
        select
            v_session.id,
            told.id,
            notifier.session_snapshot(v_session),
            notifier.session_snapshot(v_session)
        from told;
    end loop;
end
$$;
comment on function notifier.announce_recordings() is
    'Writes an event for each published recording whose time has come and that students were to be told of.';
revoke execute on function notifier.announce_recordings() from public;
