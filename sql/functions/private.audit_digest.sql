-- The same text under every setting of the session: instants as seconds, jsonb as Postgres writes it.
create function private.audit_digest(entry public.audit_log)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select sha256(
        convert_to(
            jsonb_build_array(
                entry.id,
                extract(epoch from entry.occurred_at),
                entry.actor_id,
                entry.role,
                entry.request,
                entry.action,
                entry.table_name,
                entry.row_key,
                entry.session_id,
                entry.user_id,
                entry.reason,
                entry.old,
                entry.new
            )::text,
            'UTF8'
        )
    )
$$;
comment on function private.audit_digest(public.audit_log) is 'SHA-256 of an entry of the audit log, all of its fields.';
revoke execute on function private.audit_digest(public.audit_log) from public;
