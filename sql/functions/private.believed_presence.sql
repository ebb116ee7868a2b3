-- Which of the stored events count. A platform's report replaces what its webhooks told of the time that it covers; of
-- several reports with one id the latest counts.
create function private.believed_presence(session public.success_sessions, user_id uuid default null)
returns setof private.presence_events
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A webhook and a report may give times for the same join or leave that are a moment apart.
    v_slack constant interval := interval '1 minute';
    v_linked uuid[] := array(
        select unmatched.id
        from private.unmatched_participants as unmatched
        where unmatched.student_id = believed_presence.user_id and unmatched.session_id = session.id
    );
begin
    return query
    with
    report as materialized (
        select distinct on (told.platform, told.report_id)
            told.id,
            told.started_at,
            told.ended_at
        from private.presence_reports as told
        where told.session_id = session.id
        order by told.platform, told.report_id, told.id desc
    )

    select event.*
    from private.presence_events as event
    where
        event.session_id = session.id
        and (
            believed_presence.user_id is null
            or event.user_id = believed_presence.user_id
            or (event.user_id is null and (event.unmatched_id is null or event.unmatched_id = any(v_linked)))
        )
        and case
            when event.source <> 'platform' then true
            when event.report_id is not null then event.report_id in (select report.id from report)
            else not exists (
                select from report
                where event.occurred_at between report.started_at - v_slack and report.ended_at + v_slack
            )
        end;
end
$$;
comment on function private.believed_presence(public.success_sessions, uuid) is
    'The presence events of a session that count, of everybody or of one learner (with those of the participants they are linked to, and the ends of the meeting).';
revoke execute on function private.believed_presence(public.success_sessions, uuid) from public;
