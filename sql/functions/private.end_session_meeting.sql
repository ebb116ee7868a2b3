-- One that nobody has begun to make is over at once; what may exist is deleted at the platform first.
create function private.end_session_meeting(meeting public.session_meetings)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_over boolean := meeting.begun_at is null;
begin
    update public.session_meetings as ending set
        is_wanted = false,
        ended_at = case when v_is_over then clock_timestamp() end,
        due_at = case
            when ending.claim_id is not null then ending.due_at
            when not v_is_over then clock_timestamp()
        end,
        attempts = 0,
        reason = null,
        updated_at = clock_timestamp()
    where ending.id = meeting.id;
    delete from private.personal_links as link where link.meeting_id = meeting.id;
end
$$;
comment on function private.end_session_meeting(public.session_meetings) is
    'The session no longer wants this meeting, which the caller has locked, or is about to delete with the session.';
revoke execute on function private.end_session_meeting(public.session_meetings) from public;
