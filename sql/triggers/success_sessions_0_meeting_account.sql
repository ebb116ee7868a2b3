-- Licences are the managers' business. Others may send back what they read, as a form does.
-- Security invoker: it asks about whoever writes.
create function private.check_meeting_account_rights()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not row_security_active('public.success_sessions')
        or (tg_op = 'INSERT' and new.meeting_account_id is null)
        or (tg_op = 'UPDATE' and new.meeting_account_id is not distinct from old.meeting_account_id)
    then
        return new;
    end if;
    -- Only those whom policies bind may execute is_manager. An upsert comes by as an insert first.
    if not private.is_manager()
        and not exists (
            select from public.success_sessions as session
            where session.id = new.id and session.meeting_account_id = new.meeting_account_id
        )
    then
        raise exception using
            errcode = '42501',
            message = 'meeting_account_id is chosen by managers only',
            hint = 'Leave meeting_account_id out, or ask a manager.';
    end if;
    return new;
end
$$;
comment on function private.check_meeting_account_rights() is
    'Refuses with 42501 a meeting account that is not chosen by a manager, before other triggers look at it.';
revoke execute on function private.check_meeting_account_rights() from public;

create trigger success_sessions_0_meeting_account
before insert or update of meeting_account_id on public.success_sessions
for each row execute function private.check_meeting_account_rights();
