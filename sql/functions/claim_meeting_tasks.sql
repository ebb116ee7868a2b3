-- Security definer: it is the API of the edge function meetings; nobody else writes session_meetings.
create function public.claim_meeting_tasks(max_tasks integer default 10, lease_seconds integer default 60)
returns setof public.meeting_task
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    -- Reports, and nothing else, are given up in the end, because some can never be fetched: the app lacks a scope, or
    -- the meeting had more stays than reconcile_presence takes.
    v_report_attempts constant integer := 10;
    v_report_patience constant interval := interval '48 hours';
    v_meeting public.session_meetings;
    v_session public.success_sessions;
    v_account public.meeting_accounts;
    v_limit integer;
    v_task public.meeting_task;
begin
    if max_tasks is null or max_tasks not between 1 and 100
        or lease_seconds is null or lease_seconds not between 5 and 3600
    then
        raise exception using
            errcode = '22023',
            message = 'max_tasks must be 1 to 100, and lease_seconds 5 to 3600',
            hint = 'Send how many tasks to claim and for how long, such as 10 and 60.';
    end if;
    for v_meeting in
        select meeting.*
        from public.session_meetings as meeting
        where meeting.due_at <= v_now
        order by meeting.due_at
        limit max_tasks
        for no key update skip locked
    loop
        v_task := null;
        v_task.action := private.meeting_action(v_meeting);
        if v_task.action = 'reconcile'
            and v_meeting.attempts >= v_report_attempts
            and v_meeting.report_due_at < v_now - v_report_patience
        then
            -- Where no reason is stored, every worker that tried died before it could store one.
            update public.session_meetings as given_up set
                due_at = null,
                reason = coalesce(given_up.reason, 'every attempt to fetch the report broke off'),
                claim_id = null,
                claimed_action = null,
                claimed_revision = null,
                updated_at = v_now
            where given_up.id = v_meeting.id;
            continue;
        end if;
        if v_task.action = 'delete'
            and exists (
                select from public.session_meetings as other
                where
                    other.external_id = v_meeting.external_id
                    and other.meeting_account_id = v_meeting.meeting_account_id
                    and other.is_wanted
            )
        then
            -- A worker that had lost its claim made this meeting, and the worker that took over has found it and uses
            -- it.
            v_task.action := null;
        end if;
        if v_task.action is null then
            update public.session_meetings as settled set
                ended_at = case when not settled.is_wanted then coalesce(settled.ended_at, v_now) end,
                due_at = null,
                claim_id = null,
                claimed_action = null,
                claimed_revision = null
            where settled.id = v_meeting.id;
            continue;
        end if;

        select account.* into v_account
        from public.meeting_accounts as account
        where account.id = v_meeting.meeting_account_id;
        if v_account.external_id is null then
            update public.session_meetings as waiting set
                due_at = v_now + interval '10 minutes',
                reason = format('%s has no external_id any more', v_account.name),
                claim_id = null,
                claimed_action = null,
                claimed_revision = null,
                updated_at = v_now
            where waiting.id = v_meeting.id;
            continue;
        end if;
        v_limit := (
            select platform.daily_changes_per_account
            from public.meeting_platforms as platform
            where platform.id = v_meeting.platform
        );
        if v_task.action in ('create', 'update', 'delete')
            and not private.count_meeting_change(v_account.id, v_limit, v_now)
        then
            update public.session_meetings as waiting set
                due_at = private.next_utc_day(v_now),
                reason = format('%s takes no more changes today; goes on after 00:00 UTC', v_account.name),
                claim_id = null,
                claimed_action = null,
                claimed_revision = null,
                updated_at = v_now
            where waiting.id = v_meeting.id;
            continue;
        end if;

        v_task.meeting_id := v_meeting.id;
        v_task.claim_id := gen_random_uuid();
        v_task.attempt := v_meeting.attempts + 1;
        v_task.may_exist := v_meeting.begun_at is not null;
        v_task.platform := v_meeting.platform;
        v_task.account := v_account.external_id;
        v_task.external_id := v_meeting.external_id;
        update public.session_meetings as claimed set
            claim_id = v_task.claim_id,
            claimed_action = v_task.action,
            claimed_revision = claimed.revision,
            attempts = v_task.attempt,
            begun_at = coalesce(claimed.begun_at, v_now),
            due_at = v_now + make_interval(secs => lease_seconds),
            updated_at = v_now
        where claimed.id = v_meeting.id;

        select session.* into v_session
        from public.success_sessions as session
        where session.id = v_meeting.session_id;
        v_task.title := v_session.title;
        v_task.description := v_session.description;
        v_task.start_time := v_session.start_time;
        v_task.end_time := v_session.end_time;
        v_task.timezone := v_session.timezone;
        v_task.platform_data := v_session.platform_data;
        return next v_task;
    end loop;
end
$$;
comment on function public.claim_meeting_tasks(integer, integer) is
    'For the edge function meetings: claims up to max_tasks things to do at meeting platforms for lease_seconds, and says what each is. A report that was asked for in vain ten times and for two days is given up: its reason stays, its due_at is null. An account that has used up its platform''s changes of the day is left until 00:00 UTC. Outcomes are told with complete_meeting_task and fail_meeting_task; what is not told by the end of the lease is claimed again. Errors: 22023.';
revoke execute on function public.claim_meeting_tasks(integer, integer)
from public, anon, authenticated, service_role;
grant execute on function public.claim_meeting_tasks(integer, integer) to service_role;
