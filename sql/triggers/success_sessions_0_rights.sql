-- The policies say who may create a session, an offer or time of a mentor, but Postgres asks them after the BEFORE
-- triggers, whose messages would by then have told a stranger who is a mentor and when that mentor is busy. So this one
-- comes first, and says in words what the policy would refuse. Security invoker: it asks about whoever writes.
create function private.check_insert_rights()
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
        raise exception using errcode = '42501', message = tg_argv[0], hint = tg_argv[1];
    end if;
    if new.mentor_id is distinct from auth.uid() then
        raise exception using
            errcode = '42501',
            message = 'mentor_id must be your own id: ' || tg_argv[2],
            hint = tg_argv[3];
    end if;
    return new;
end
$$;
comment on function private.check_insert_rights() is
    'Refuses with 42501 a new row that the insert policy of its table would refuse, before other triggers look at it. Arguments: message and hint for whoever is no mentor; what mentors do with rows of their own, and the hint for one who writes somebody else''s.';
revoke execute on function private.check_insert_rights() from public;

create trigger success_sessions_0_rights before insert on public.success_sessions
for each row execute function private.check_insert_rights(
    'only managers and mentors may create sessions',
    'Ask a manager to create it.',
    'mentors create the sessions that they host',
    'Send your own id as mentor_id, or ask a manager.'
);
