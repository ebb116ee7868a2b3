-- Security definer: it is the API; it shows host and managers of what the caller may not read.
create function public.unmatched_participants(session_id uuid default null)
returns setof public.unmatched_participant
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_most constant integer := 500;
    v_session_ids uuid[];
begin
    if session_id is not null then
        perform private.check_session_staff(private.visible_session(session_id));
        v_session_ids := array[session_id];
    elsif private.is_manager() then
        v_session_ids := array(
            select distinct latest.session_id
            from (
                select waiting.session_id
                from private.unmatched_participants as waiting
                where waiting.status = 'waiting'
                order by waiting.created_at desc
                limit v_most
            ) as latest
        );
    else
        v_session_ids := array(
            select hosted.id
            from public.success_sessions as hosted
            where
                hosted.id = any(private.my_hosted_session_ids())
                and exists (
                    -- As text: else an index of all that wait would do for it, too.
                    select from private.unmatched_participants as waiting
                    where waiting.session_id = hosted.id and waiting.status::text = 'waiting'
                    offset 0
                )
        );
    end if;
    -- Whom a report has shown to be somebody else is not listed: none of their events is believed any more.
    return query
    with
    seen as materialized (
        select
            session.id as session_id,
            session.title,
            session.start_time,
            event.unmatched_id,
            min(event.occurred_at) as first_seen_at,
            max(event.occurred_at) as last_seen_at
        from public.success_sessions as session
        cross join lateral private.believed_presence(session) as event
        where session.id = any(v_session_ids) and event.unmatched_id is not null
        group by session.id, event.unmatched_id
    )

    select
        participant.id,
        seen.session_id,
        seen.title,
        seen.start_time,
        participant.platform,
        participant.full_name,
        participant.email,
        seen.first_seen_at,
        seen.last_seen_at,
        participant.status::text,
        participant.student_id,
        participant.decided_by,
        participant.decided_at
    from seen
    cross join lateral (
        select listed.*
        from private.unmatched_participants as listed
        where listed.id = seen.unmatched_id
        offset 0
    ) as participant
    where unmatched_participants.session_id is not null or participant.status = 'waiting'
    order by seen.start_time desc, seen.first_seen_at, participant.id
    limit v_most;
end
$$;
comment on function public.unmatched_participants(uuid) is
    'The review queue: participants of a session''s meeting whom no key and no verified address names, decided ones too; without session_id those that wait in all sessions of the caller, the latest 500; for others none. Host and managers. Errors, where a session is named: PT404 unknown or not visible; 42501 for everybody else.';
revoke execute on function public.unmatched_participants(uuid) from public, anon, authenticated, service_role;
grant execute on function public.unmatched_participants(uuid) to authenticated;
