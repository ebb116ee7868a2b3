-- A session saved without a link runs on an account that can make one, or is refused. Comes after double booking, whose
-- turns come first, and before the account's own check (5 meeting account). A manager's explicit choice stands.
-- Security definer: it reads accounts and meetings that the writer may not see.
create function private.assign_host_account()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_new boolean := tg_op = 'INSERT';
    v_meeting public.session_meetings;
    v_account_id uuid := new.meeting_account_id;
    v_is_chosen boolean;
begin
    if not v_is_new then
        select meeting.* into v_meeting
        from public.session_meetings as meeting
        where meeting.session_id = new.id and meeting.is_wanted;
    end if;
    -- The meeting that was made for a session ended when the session was called off: its link leads nowhere any more.
    if not v_is_new and old.status = 'cancelled' and new.status = 'upcoming' and exists (
        select from public.session_meetings as ended
        where ended.session_id = new.id and not ended.is_wanted and ended.link = new.link
    ) then
        perform private.forget_meeting(new.id);
        new.link := null;
        new.zoom_meeting_id := null;
        new.platform_data := new.platform_data - 'meeting_id';
    end if;
    -- A link that was given by hand needs no account.
    if new.link is not null and new.link is distinct from v_meeting.link then
        return new;
    end if;

    -- A meeting that is on is not taken from those who are in it.
    if v_is_new
        or new.platform is distinct from old.platform
        or (
            old.status <> 'live'
            and (
                new.meeting_account_id is null
                or new.mentor_id is distinct from old.mentor_id
                or new.start_time < old.start_time
                or new.end_time > old.end_time
                or (new.status in ('upcoming', 'live') and old.status not in ('upcoming', 'live'))
            )
        )
    then
        v_is_chosen := new.meeting_account_id is not null
            and (v_is_new or new.meeting_account_id is distinct from old.meeting_account_id);
        if not v_is_chosen then
            if not v_is_new and new.platform is distinct from old.platform then
                new.meeting_account_id := null;
            end if;
            v_account_id := coalesce(
                private.choose_meeting_account(
                    new, not v_is_new and new.mentor_id is not distinct from old.mentor_id
                ),
                new.meeting_account_id
            );
        end if;
    end if;

    if v_account_id is null then
        raise exception using
            errcode = '23502',
            message = 'link must not be null',
            hint = 'Send the meeting''s address, or enter a meeting account with an external_id on this platform.';
    end if;
    -- Not asked again of an account that the session has already: if it has lost its external_id since, its meetings
    -- wait, session_meetings says why, and no later edit fails because of it.
    if new.link is null
        and (v_is_new or old.link is not null or v_account_id is distinct from old.meeting_account_id)
        and not exists (
            select from public.meeting_accounts as account
            where account.id = v_account_id and account.external_id is not null
        )
    then
        raise exception using
            errcode = '22023',
            message = 'link must not be null: meeting_account_id makes no meetings, it has no external_id',
            hint = 'Send the meeting''s address, or choose another account.';
    end if;
    if not v_is_new
        and (v_account_id is distinct from old.meeting_account_id or new.platform is distinct from old.platform)
        and v_meeting.id is not null
    then
        -- The meeting cannot come along: the session waits for another one.
        perform private.forget_meeting(new.id);
        new.link := null;
        new.zoom_meeting_id := null;
        new.platform_data := new.platform_data - 'meeting_id';
    end if;
    new.meeting_account_id := v_account_id;
    return new;
end
$$;
comment on function private.assign_host_account() is
    'Gives a session without a link an account that can make its meeting, the mentor''s own first; 23502 where there is none. A session that changes its account or platform, or is reinstated, loses the meeting that was made, and waits for another.';
revoke execute on function private.assign_host_account() from public;

create trigger success_sessions_5_host_account
before insert or update of link, platform, meeting_account_id, mentor_id, start_time, end_time, status
on public.success_sessions
for each row execute function private.assign_host_account();
