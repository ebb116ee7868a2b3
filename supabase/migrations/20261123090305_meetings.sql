-- Meetings that platforms make for sessions saved without a link.

-- == Meetings that platforms make ====================================================================================

-- What claim_meeting_tasks hands to the edge function meetings.
create type public.meeting_task as (
    meeting_id uuid,
    claim_id uuid,
    action text,
    attempt integer,
    may_exist boolean,
    platform text,
    account text,
    external_id text,
    title text,
    description text,
    start_time timestamptz,
    end_time timestamptz,
    timezone text,
    platform_data jsonb
);
comment on type public.meeting_task is
    'One thing to do at a meeting platform: action on the meeting external_id of an account, with the session as it is now: create, update, delete, sweep (delete all others made for meeting_id), reconcile (fetch the report of who was there). may_exist: an earlier attempt to create it may have succeeded unnoticed; look for meeting_id there first.';

-- What personal_link hands to the edge function meetings.
create type public.personal_link_details as (
    link text,
    meeting_id uuid,
    platform text,
    account text,
    external_id text,
    title text,
    end_time timestamptz,
    is_host boolean,
    full_name text,
    email text,
    platform_data jsonb
);
comment on type public.personal_link_details is
    'A person''s own link into a meeting that the platform made, or, where link is null, what it takes to have one issued.';

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

-- Keeps public.session_meetings in step with the session, in its transaction and under its row lock, so that the two
-- are committed together. Security definer: nobody writes that table.
create function private.plan_session_meeting()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_open boolean := new.status in ('upcoming', 'live');
    v_meeting public.session_meetings;
begin
    if tg_op = 'UPDATE' then
        select meeting.* into v_meeting
        from public.session_meetings as meeting
        where meeting.session_id = new.id and meeting.is_wanted
        for no key update;
    end if;

    if v_meeting.id is not null
        and (
            new.status = 'cancelled'
            or new.link is distinct from v_meeting.link
            or new.meeting_account_id is distinct from v_meeting.meeting_account_id
            or (new.status = 'completed' and v_meeting.external_id is null)
        )
    then
        perform private.end_session_meeting(v_meeting);
        v_meeting := null;
    elsif v_meeting.id is not null and new.status = 'completed' then
        -- Only by the change to completed: the platform is not told of later edits.
        if old.status is distinct from new.status then
            perform private.expect_meeting_report(v_meeting.id);
        end if;
    elsif v_meeting.id is not null
        and (new.title, new.description, new.start_time, new.end_time, new.timezone, new.platform_data - 'meeting_id')
        is distinct from
        (old.title, old.description, old.start_time, old.end_time, old.timezone, old.platform_data - 'meeting_id')
    then
        update public.session_meetings as meeting set
            revision = meeting.revision + 1,
            -- In a moment, since whoever edits a session often saves it again: both become one request.
            due_at = case
                when meeting.claim_id is not null then meeting.due_at
                else clock_timestamp() + interval '2 seconds'
            end,
            updated_at = clock_timestamp()
        where meeting.id = v_meeting.id;
    end if;

    if v_meeting.id is null and new.link is null and v_is_open then
        insert into public.session_meetings (session_id, platform, meeting_account_id)
        values (new.id, new.platform, new.meeting_account_id);
    end if;
    return null;
end
$$;
comment on function private.plan_session_meeting() is
    'Plans, changes or ends the meeting that a platform makes for a session, as the session was saved.';
revoke execute on function private.plan_session_meeting() from public;

create trigger plan_session_meeting after insert or update on public.success_sessions
for each row execute function private.plan_session_meeting();

-- Before the session goes: its row in session_meetings must still be found by it. Security definer: nobody
-- writes that table.
create function private.end_meeting_of_deleted_session()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.end_session_meeting(meeting)
    from public.session_meetings as meeting
    where meeting.session_id = old.id and meeting.is_wanted;
    return old;
end
$$;
comment on function private.end_meeting_of_deleted_session() is 'Ends the meeting that a platform made for a session that is deleted.';
revoke execute on function private.end_meeting_of_deleted_session() from public;

create trigger end_meeting_of_deleted_session before delete on public.success_sessions
for each row execute function private.end_meeting_of_deleted_session();

-- Vault knows no foreign keys. Security definer: Vault is closed to whoever deletes.
create function private.forget_personal_link()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from vault.secrets as secret
    where secret.name = format('personal_links/%s/%s', old.meeting_id, old.user_id);
    return null;
end
$$;
comment on function private.forget_personal_link() is 'Removes a personal link from Vault.';
revoke execute on function private.forget_personal_link() from public;

create trigger forget_personal_link after delete on private.personal_links
for each row execute function private.forget_personal_link();

create function private.meeting_action(meeting public.session_meetings)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when meeting.ended_at is not null then null
        when not meeting.is_wanted then 'delete'
        when meeting.external_id is null then 'create'
        when meeting.done_revision < meeting.revision then 'update'
        when meeting.sweep_due_at is not null then 'sweep'
        when meeting.report_due_at is not null and meeting.reported_at is null then 'reconcile'
    end;
end
$$;
comment on function private.meeting_action(public.session_meetings) is
    'What is next to be done at the platform: create, update, delete, sweep or reconcile; null: nothing.';
revoke execute on function private.meeting_action(public.session_meetings) from public;

create function private.next_utc_day(moment timestamptz)
returns timestamptz
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (date_trunc('day', moment at time zone 'UTC') + interval '1 day') at time zone 'UTC';
end
$$;
comment on function private.next_utc_day(timestamptz) is 'The next 00:00 UTC after a moment.';
revoke execute on function private.next_utc_day(timestamptz) from public;

-- Counted before it is tried, so that a worker killed in between has counted it, too.
create function private.count_meeting_change(meeting_account_id uuid, daily_limit integer, moment timestamptz)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into private.meeting_account_days as today (meeting_account_id, day, changes)
    values (count_meeting_change.meeting_account_id, (moment at time zone 'UTC')::date, 1)
    on conflict on constraint meeting_account_days_pkey do update set changes = today.changes + 1
    where not today.is_full and (daily_limit is null or today.changes < daily_limit);
    return found;
end
$$;
comment on function private.count_meeting_change(uuid, integer, timestamptz) is
    'Counts one more change of an account''s meetings on the day of the moment, in UTC; false, and nothing is counted, when the limit (null: none) is used up.';
revoke execute on function private.count_meeting_change(uuid, integer, timestamptz) from public;

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

create function private.get_personal_link(session_id uuid, user_id uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select secret.decrypted_secret
        from public.session_meetings as meeting
        inner join private.personal_links as issued on meeting.id = issued.meeting_id
        inner join vault.decrypted_secrets as secret
            on secret.name = format('personal_links/%s/%s', issued.meeting_id, issued.user_id)
        where
            meeting.session_id = get_personal_link.session_id
            and meeting.is_wanted
            and issued.user_id = get_personal_link.user_id
    );
end
$$;
comment on function private.get_personal_link(uuid, uuid) is
    'The link that the platform issued to this person for the meeting of a session; null: none.';
revoke execute on function private.get_personal_link(uuid, uuid) from public;

-- Security definer: it is the API of the edge function meetings, which has let join_session decide who may enter.
create function public.personal_link(session_id uuid, user_id uuid)
returns public.personal_link_details
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_details public.personal_link_details;
begin
    select
        private.get_personal_link(session.id, profile.id),
        meeting.id,
        meeting.platform,
        account.external_id,
        meeting.external_id,
        session.title,
        session.end_time,
        session.mentor_id is not distinct from profile.id,
        profile.full_name,
        person.email::text,
        session.platform_data
    into v_details
    from public.success_sessions as session
    inner join public.session_meetings as meeting on session.id = meeting.session_id and meeting.is_wanted
    inner join public.meeting_platforms as platform on meeting.platform = platform.id and platform.has_personal_links
    inner join public.meeting_accounts as account on meeting.meeting_account_id = account.id
    inner join public.profiles as profile on profile.id = personal_link.user_id
    inner join auth.users as person on profile.id = person.id
    where
        session.id = personal_link.session_id
        and meeting.external_id is not null
        -- If it has failed, everybody is led to the backup link.
        and session.link_failed_at is null;
    return v_details;
end
$$;
comment on function public.personal_link(uuid, uuid) is
    'For the edge function meetings, after join_session has let this user in: their own link into the meeting that the platform made, or what it takes to have one issued; null: this session has no such links, or its meeting has failed.';
revoke execute on function public.personal_link(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.personal_link(uuid, uuid) to service_role;

-- Of two at once the first stays: both then enter by the same link. Security definer: it is the API of the edge
-- function meetings; it writes Vault.
create function public.save_personal_link(meeting_id uuid, user_id uuid, participant_key text, link text)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_meeting public.session_meetings;
begin
    if link is null or link !~* '^https?://[^\s/?#]+\S*$' or coalesce(participant_key, '') = '' then
        raise exception using
            errcode = '22023',
            message = 'participant_key and link must say what the platform issued',
            hint = 'Send the key by which the platform tells who comes, and the person''s http(s) address.';
    end if;
    select meeting.* into v_meeting
    from public.session_meetings as meeting
    where meeting.id = save_personal_link.meeting_id and meeting.is_wanted
    for key share;
    if v_meeting.id is null or v_meeting.session_id is null then
        raise exception using
            errcode = 'PT409',
            message = 'the meeting is no longer that of its session',
            hint = 'Join again.';
    end if;
    insert into private.platform_participants (session_id, participant_key, user_id)
    values (v_meeting.session_id, save_personal_link.participant_key, save_personal_link.user_id)
    on conflict do nothing;
    insert into private.personal_links (meeting_id, user_id)
    values (save_personal_link.meeting_id, save_personal_link.user_id)
    on conflict do nothing;
    if found then
        perform vault.create_secret(
            save_personal_link.link,
            format('personal_links/%s/%s', save_personal_link.meeting_id, save_personal_link.user_id),
            'A person''s own link into a meeting'
        );
    end if;
    return private.get_personal_link(v_meeting.session_id, save_personal_link.user_id);
end
$$;
comment on function public.save_personal_link(uuid, uuid, text, text) is
    'For the edge function meetings: keeps the link that the platform issued to this user, and the key by which it tells who comes. Returns the link that counts: the first one. Errors: 22023; PT409 when the session has another meeting by now.';
revoke execute on function public.save_personal_link(uuid, uuid, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.save_personal_link(uuid, uuid, text, text) to service_role;
