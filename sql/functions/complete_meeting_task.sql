-- Security definer: it is the API of the edge function meetings; nobody else writes session_meetings.
create function public.complete_meeting_task(
    meeting_id uuid,
    claim_id uuid,
    external_id text default null,
    link text default null,
    passcode text default null,
    is_report_complete boolean default true
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    -- Longer than any worker's lease.
    v_patience constant interval := interval '65 minutes';
    -- How long a report may be missing that the platform has not written yet, or never will: nobody was there.
    v_report_patience constant interval := interval '6 hours';
    v_ask_again_at timestamptz;
    v_meeting public.session_meetings := private.claimed_meeting(meeting_id, claim_id);
begin
    if v_meeting.id is null then
        -- The claim is lost, and yet a meeting was made. The worker that has taken over may be finding it at this
        -- moment, to use it. So it is queued to be deleted later, and claim_meeting_tasks spares it if it is in use by
        -- then.
        insert into public.session_meetings
        (platform, meeting_account_id, is_wanted, external_id, link, begun_at, due_at)
        select
            meeting.platform,
            meeting.meeting_account_id,
            false,
            complete_meeting_task.external_id,
            complete_meeting_task.link,
            v_now,
            v_now + v_patience
        from public.session_meetings as meeting
        where
            meeting.id = complete_meeting_task.meeting_id
            and complete_meeting_task.external_id is not null
            and complete_meeting_task.link is not null
            and meeting.external_id is distinct from complete_meeting_task.external_id;
        return false;
    end if;
    if v_meeting.claimed_action = 'create' then
        if coalesce(external_id, '') = '' or link is null or link !~* '^https?://[^\s/?#]+\S*$' then
            raise exception using
                errcode = '22023',
                message = 'external_id and link must say which meeting was created',
                hint = 'Send the platform''s id of the meeting and its http(s) address.';
        end if;
        v_meeting.external_id := complete_meeting_task.external_id;
        v_meeting.link := private.without_link_secret(complete_meeting_task.link);
        v_meeting.sweep_due_at := case when v_meeting.attempts > 1 then v_now + interval '5 minutes' end;
    end if;
    v_meeting.done_revision := case
        -- It may have been made by an earlier attempt, as the session was then. So it counts as revision 1, and an
        -- update follows if the session has changed since.
        when v_meeting.claimed_action = 'create' and v_meeting.attempts > 1 then 1
        when v_meeting.claimed_action in ('create', 'update') then v_meeting.claimed_revision
        else v_meeting.done_revision
    end;
    v_meeting.sweep_due_at := case
        when v_meeting.claimed_action <> 'sweep' then v_meeting.sweep_due_at
    end;
    -- If the report is due in the future, the platform has said meanwhile that the meeting has just ended: this report
    -- is not the last, and another is fetched then.
    if v_meeting.claimed_action = 'reconcile' and v_meeting.report_due_at <= v_now then
        if is_report_complete is false and v_now < v_meeting.report_due_at + v_report_patience then
            -- After 10, 20, 40 minutes and so on.
            v_ask_again_at := v_now + greatest(v_now - v_meeting.report_due_at, interval '10 minutes');
        else
            v_meeting.reported_at := v_now;
        end if;
    end if;
    v_meeting.ended_at := case when v_meeting.claimed_action = 'delete' then v_now end;

    update public.session_meetings as told set
        external_id = v_meeting.external_id,
        link = v_meeting.link,
        done_revision = v_meeting.done_revision,
        sweep_due_at = v_meeting.sweep_due_at,
        reported_at = v_meeting.reported_at,
        ended_at = v_meeting.ended_at,
        due_at = case private.meeting_action(v_meeting)
            when 'sweep' then greatest(v_meeting.sweep_due_at, v_now)
            when 'reconcile' then coalesce(v_ask_again_at, greatest(v_meeting.report_due_at, v_now))
            when 'create' then v_now
            when 'update' then v_now
            when 'delete' then v_now
        end,
        attempts = 0,
        reason = null,
        claim_id = null,
        claimed_action = null,
        claimed_revision = null,
        updated_at = v_now
    where told.id = v_meeting.id;

    -- Its session is deleted and its meeting gone: nobody needs the row any more.
    delete from public.session_meetings as gone
    where gone.id = v_meeting.id and gone.ended_at is not null and gone.session_id is null;

    if v_meeting.claimed_action = 'create' and v_meeting.is_wanted then
        update public.success_sessions as session set
            link = complete_meeting_task.link,
            zoom_meeting_id = case when session.platform = 'zoom' then v_meeting.external_id end,
            zoom_passcode = coalesce(passcode, ''),
            platform_data = case
                when session.platform = 'zoom' then session.platform_data
                else session.platform_data || jsonb_build_object('meeting_id', v_meeting.external_id)
            end
        where session.id = v_meeting.session_id;
        -- Mails that waited for the meeting (notifier.meeting_wait_until) go out now.
        update notifier.emails as waiting set available_at = v_now
        where
            waiting.session_id = v_meeting.session_id
            and waiting.topic = 'invitation'
            and waiting.status = 'queued'
            and waiting.attempts = 0
            and waiting.available_at > v_now;
    end if;
    return true;
end
$$;
comment on function public.complete_meeting_task(uuid, uuid, text, text, text, boolean) is
    'For the edge function meetings: what was claimed is done at the platform. A created meeting comes with its id there, its link and passcode, which the session gets. is_report_complete false: the platform has no report yet of all that took place; it is fetched again for some hours. False: the claim is lost, another worker has taken over; a meeting that was created all the same is deleted later, unless it has become that of the session. Errors: 22023.';
revoke execute on function public.complete_meeting_task(uuid, uuid, text, text, text, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.complete_meeting_task(uuid, uuid, text, text, text, boolean) to service_role;
