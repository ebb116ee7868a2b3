-- The platform needs a while for its report. Asked when the session is completed, and anew when the platform says that
-- the meeting is over: people overrun, and go on after the host has completed the session. Changes of the session that
-- the platform was not told of yet are dropped (done_revision): its meeting is over.
create function private.expect_meeting_report(meeting_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_due_at timestamptz := v_now + interval '10 minutes';
begin
    update public.session_meetings as meeting set
        done_revision = meeting.revision,
        report_due_at = v_due_at,
        reported_at = null,
        due_at = case when meeting.claim_id is not null then meeting.due_at else v_due_at end,
        attempts = 0,
        reason = null,
        updated_at = v_now
    where meeting.id = expect_meeting_report.meeting_id;
end
$$;
comment on function private.expect_meeting_report(uuid) is
    'The platform''s report on this meeting, of a session that is completed, is to be fetched ten minutes from now, whatever was fetched before.';
revoke execute on function private.expect_meeting_report(uuid) from public;
