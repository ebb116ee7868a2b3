-- An account never hosts more meetings at once than it can. Writers for one account take turns, so that each sees the
-- one before; there is no constraint that could count. The accounts' turns come after the mentors' (5 double booking).
-- Security definer: it reads accounts and sessions that the writer may not see, and names them to managers only.
create function private.refuse_crowded_meeting_account()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account public.meeting_accounts;
    v_clashes text;
begin
    -- Who moves a session elsewhere leaves the account behind.
    if tg_op = 'UPDATE'
        and new.platform is distinct from old.platform
        and new.meeting_account_id is not distinct from old.meeting_account_id
    then
        new.meeting_account_id := null;
    end if;
    if new.meeting_account_id is null then
        return new;
    end if;

    if tg_op = 'INSERT' or new.meeting_account_id is distinct from old.meeting_account_id then
        select account.* into v_account
        from public.meeting_accounts as account
        where account.id = new.meeting_account_id;
        if v_account.platform is distinct from new.platform then
            raise exception using
                errcode = '22023',
                message = format(
                    'meeting_account_id %s is not an account of platform %s', new.meeting_account_id, new.platform
                ),
                hint = 'Send the id of a row of meeting_accounts of that platform.';
        end if;
    elsif old.status in ('upcoming', 'live')
        and new.start_time >= old.start_time
        and new.end_time <= old.end_time
    then
        -- The session takes no time that it did not have before: its status moved, or it was shortened.
        return new;
    end if;
    if new.status not in ('upcoming', 'live') or new.end_time <= new.start_time then
        return new;
    end if;

    perform private.take_meeting_account_turn(new.meeting_account_id);

    -- Read again under the turn: its limit may have changed meanwhile.
    select account.* into v_account
    from public.meeting_accounts as account
    where account.id = new.meeting_account_id;
    v_clashes := (
        select string_agg(private.clash_text(clash), '; ' order by clash.start_time, clash.session_id)
        from private.meeting_account_clashes(
            new.meeting_account_id, new.start_time, new.end_time, array[new.id]
        ) as clash
    );
    if v_clashes is null and v_account.max_concurrent_meetings is distinct from 0 then
        return new;
    end if;
    if not (auth.uid() is null or private.is_manager()) then
        perform private.refuse_clash('the meeting account is not free at that time', null, 'Choose another time.');
    end if;
    perform private.refuse_clash(
        format('meeting account %s is full at that time', quote_literal(v_account.name)),
        concat_ws(': ', format('it hosts %s at once', v_account.max_concurrent_meetings), v_clashes),
        'Choose another time or another account.'
    );
    return null;
end
$$;
comment on function private.refuse_crowded_meeting_account() is
    'Refuses with 23P01 (HTTP 409) an upcoming or live session at a time at which its meeting account already hosts all it can, naming them to managers. A session that changes its platform leaves its account.';
revoke execute on function private.refuse_crowded_meeting_account() from public;

-- The columns of success_sessions_5_host_account, which may set meeting_account_id: a trigger on a column fires for
-- what the statement sets, not for what another trigger sets.
create trigger success_sessions_5_meeting_account
before insert or update of link, platform, meeting_account_id, mentor_id, start_time, end_time, status
on public.success_sessions
for each row execute function private.refuse_crowded_meeting_account();
