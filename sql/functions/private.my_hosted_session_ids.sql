-- Security definer: it is called by policies on tables that hang off sessions, and must not run through the sessions'
-- own policy.
create function private.my_hosted_session_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.has_role('mentor') then
        return '{}'::uuid[];
    end if;
    return array(
        select session.id from public.success_sessions as session where session.mentor_id = auth.uid()
    );
end
$$;
comment on function private.my_hosted_session_ids() is 'Sessions the calling mentor is assigned to; empty for everybody else.';
revoke execute on function private.my_hosted_session_ids() from public;
grant execute on function private.my_hosted_session_ids() to authenticated;
