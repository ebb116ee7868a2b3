-- Security invoker: it only compares what its definer callers hand it with the caller's own role.
create function private.is_session_host(session public.success_sessions)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce((session).mentor_id = auth.uid(), false) and private.has_role('mentor');
end
$$;
comment on function private.is_session_host(public.success_sessions) is 'Whether the calling user is the session''s mentor.';
revoke execute on function private.is_session_host(public.success_sessions) from public;
