-- The session is locked before the meeting, as everybody does who writes a session.
create function private.claimed_meeting(meeting_id uuid, claim_id uuid)
returns public.session_meetings
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_meeting public.session_meetings;
begin
    perform
    from public.success_sessions as session
    where session.id = (
        select meeting.session_id from public.session_meetings as meeting where meeting.id = claimed_meeting.meeting_id
    )
    for no key update;
    select meeting.* into v_meeting
    from public.session_meetings as meeting
    where meeting.id = claimed_meeting.meeting_id and meeting.claim_id = claimed_meeting.claim_id
    for no key update;
    return v_meeting;
end
$$;
comment on function private.claimed_meeting(uuid, uuid) is
    'The meeting, locked after its session, if that claim still holds it; else null.';
revoke execute on function private.claimed_meeting(uuid, uuid) from public;
