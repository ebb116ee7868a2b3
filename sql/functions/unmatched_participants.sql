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
    else
        v_session_ids := array(
            select distinct waiting.session_id
            from private.unmatched_participants as waiting
            inner join public.success_sessions as hosted on waiting.session_id = hosted.id
            where
                waiting.status = 'waiting'
                and hosted.host_key between private.my_hosts_from() and private.my_hosts_to()
        );
    end if;
    return query
    select
        participant.id,
        session.id,
        session.title,
        session.start_time,
        participant.platform,
        participant.full_name,
        participant.email,
        min(event.occurred_at),
        max(event.occurred_at),
        participant.status::text,
        participant.student_id,
        participant.decided_by,
        participant.decided_at
    from public.success_sessions as session
    cross join lateral private.believed_presence(session) as event
    inner join private.unmatched_participants as participant on event.unmatched_id = participant.id
    where
        session.id = any(v_session_ids)
        and (unmatched_participants.session_id is not null or participant.status = 'waiting')
    group by session.id, participant.id
    order by session.start_time desc, min(event.occurred_at), participant.id
    limit v_most;
end
$$;
comment on function public.unmatched_participants(uuid) is
    'The review queue: participants of a session''s meeting whom no key and no verified address names, decided ones too; without session_id those that wait in all sessions of the caller, the latest 500. Host and managers. Errors: PT404 unknown or not visible; 42501 for everybody else.';
revoke execute on function public.unmatched_participants(uuid) from public, anon, authenticated, service_role;
grant execute on function public.unmatched_participants(uuid) to authenticated;
