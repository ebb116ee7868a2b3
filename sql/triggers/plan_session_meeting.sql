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
