-- As success_sessions_0_rights: the policies are asked after the BEFORE triggers, whose messages would by then have
-- told a stranger who is a mentor. Security invoker: it asks about whoever writes.
create function private.check_mentor_time_rights()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not row_security_active(tg_relid) then
        return new;
    end if;
    -- Only those whom policies bind may execute these.
    if private.is_manager() then
        return new;
    end if;
    if not private.has_role('mentor') then
        raise exception using
            errcode = '42501',
            message = 'only managers and mentors may enter the time of mentors',
            hint = 'Ask a manager to enter it.';
    end if;
    if new.mentor_id is distinct from auth.uid() then
        raise exception using
            errcode = '42501',
            message = 'mentor_id must be your own id: mentors enter their own time',
            hint = 'Leave mentor_id out, or ask a manager.';
    end if;
    return new;
end
$$;
comment on function private.check_mentor_time_rights() is
    'Refuses with 42501 what the insert policies of mentor_time_off and mentor_availability would refuse, before other triggers look at it.';
revoke execute on function private.check_mentor_time_rights() from public;

create trigger mentor_time_0_rights before insert on public.mentor_time_off
for each row execute function private.check_mentor_time_rights();
create trigger mentor_time_0_rights before insert on public.mentor_availability
for each row execute function private.check_mentor_time_rights();
