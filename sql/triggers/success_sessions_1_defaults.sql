-- The BEFORE triggers of success_sessions run in the order of their names: 0 rights, 1 defaults, 2 references, 3 transitions,
-- 4 credentials, 5 double booking, 6 revision.
create function private.set_session_defaults()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.end_time := coalesce(new.end_time, new.start_time + interval '60 minutes');
    return new;
end
$$;
comment on function private.set_session_defaults() is 'A session created without end_time lasts 60 minutes.';
revoke execute on function private.set_session_defaults() from public;

create trigger success_sessions_1_defaults before insert on public.success_sessions
for each row execute function private.set_session_defaults();
