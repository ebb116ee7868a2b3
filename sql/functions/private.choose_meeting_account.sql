-- The account that the session has, where it is to be kept; else the mentor's own, else any that is nobody's, in the
-- order of ids: the order in which turns are taken.
create function private.choose_meeting_account(session public.success_sessions, is_kept boolean)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account public.meeting_accounts;
    v_last uuid;
begin
    for v_account in
        select account.*
        from private.accounts_making_meetings(session.platform, session.mentor_id) as account
        order by
            is_kept and account.id = session.meeting_account_id desc,
            account.mentor_id is null,
            account.id is distinct from session.meeting_account_id,
            account.id
    loop
        v_last := coalesce(v_last, v_account.id);
        if session.status not in ('upcoming', 'live') or session.end_time <= session.start_time then
            return v_account.id;
        end if;
        perform private.take_meeting_account_turn(v_account.id);
        if v_account.max_concurrent_meetings is distinct from 0
            and not exists (
                select from private.meeting_account_clashes(
                    v_account.id, session.start_time, session.end_time, array[session.id]
                )
            )
        then
            return v_account.id;
        end if;
    end loop;
    -- All are full: the first is named in the refusal that follows.
    return v_last;
end
$$;
comment on function private.choose_meeting_account(public.success_sessions, boolean) is
    'The account that can make the meeting of a session and has room at its time; where none has, the first choice, and where there is none, null; is_kept: the one it has before all others. Takes the turns of the accounts it looks at.';
revoke execute on function private.choose_meeting_account(public.success_sessions, boolean) from public;
