-- Only the audit log knows who it was, so it is known as long as that is kept.
create function private.given_cancel_reasons(user_id uuid)
returns table (session_id uuid, reason text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select distinct
        entry.session_id,
        entry.new ->> 'cancel_reason'
    from public.audit_log as entry
    where
        entry.actor_id = given_cancel_reasons.user_id
        and entry.table_name = 'success_sessions'
        and entry.new ->> 'cancel_reason' is not null;
end
$$;
comment on function private.given_cancel_reasons(uuid) is
    'What a user gave as the reason for cancelling sessions, as far back as the audit log reaches.';
revoke execute on function private.given_cancel_reasons(uuid) from public;
