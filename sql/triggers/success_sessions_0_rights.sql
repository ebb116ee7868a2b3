-- The policies say who may create a session, but Postgres asks them after the BEFORE triggers, whose messages would by
-- then have told a stranger who is a mentor and when that mentor is busy. So this one comes first, and says in words
-- what the policy would refuse. Security invoker: it asks about whoever writes.
create function private.check_session_rights()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not row_security_active('public.success_sessions') then
        return new;
    end if;
    -- Only those whom policies bind may execute these.
    if private.is_manager() then
        return new;
    end if;
    if not private.has_role('mentor') then
        raise exception using
            errcode = '42501',
            message = 'only managers and mentors may create sessions',
            hint = 'Ask a manager to create it.';
    end if;
    if new.mentor_id is distinct from auth.uid() then
        raise exception using
            errcode = '42501',
            message = 'mentor_id must be your own id: mentors create the sessions that they host',
            hint = 'Send your own id as mentor_id, or ask a manager.';
    end if;
    return new;
end
$$;
comment on function private.check_session_rights() is
    'Refuses with 42501 a new session that the policy success_sessions_insert_manager_or_host would refuse, before other triggers look at it.';
revoke execute on function private.check_session_rights() from public;

create trigger success_sessions_0_rights before insert on public.success_sessions
for each row execute function private.check_session_rights();
