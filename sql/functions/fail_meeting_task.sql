-- Security definer: it is the API of the edge function meetings; nobody else writes session_meetings.
create function public.fail_meeting_task(
    meeting_id uuid,
    claim_id uuid,
    reason text,
    retry_at timestamptz default null,
    is_account_full boolean default false
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_longest_pause interval;
    v_meeting public.session_meetings := private.claimed_meeting(meeting_id, claim_id);
begin
    if v_meeting.id is null then
        return false;
    end if;
    if is_account_full then
        insert into private.meeting_account_days as today (meeting_account_id, day, is_full)
        values (v_meeting.meeting_account_id, (v_now at time zone 'UTC')::date, true)
        on conflict on constraint meeting_account_days_pkey do update set is_full = true;
    end if;
    -- Somebody waits for a link; nobody does for a report.
    v_longest_pause := case
        when v_meeting.claimed_action = 'reconcile' then interval '4 hours' else interval '30 minutes'
    end;
    update public.session_meetings as failed set
        -- A platform's answer may repeat the host's login.
        reason = coalesce(
            nullif(btrim(notifier.redacted_error(fail_meeting_task.reason)), ''), 'the platform gave no reason'
        ),
        -- 10 seconds, doubled with each attempt up to the longest pause, give or take a quarter.
        due_at = greatest(
            v_now,
            coalesce(
                retry_at,
                case when is_account_full then private.next_utc_day(v_now) end,
                v_now + least(
                    interval '10 seconds' * power(2, least(failed.attempts, 20) - 1), v_longest_pause
                ) * (0.75 + random() / 2)
            )
        ),
        claim_id = null,
        claimed_action = null,
        claimed_revision = null,
        updated_at = v_now
    where failed.id = v_meeting.id;
    return true;
end
$$;
comment on function public.fail_meeting_task(uuid, uuid, text, timestamptz, boolean) is
    'For the edge function meetings: what was claimed could not be done, and why, in words for managers and the host. It is tried again at retry_at, else after a growing pause; with is_account_full after 00:00 UTC, and until then nothing else of that account. False: the claim is lost.';
revoke execute on function public.fail_meeting_task(uuid, uuid, text, timestamptz, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.fail_meeting_task(uuid, uuid, text, timestamptz, boolean) to service_role;
