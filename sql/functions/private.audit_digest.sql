-- The same text under every setting of the session: instants as seconds, jsonb as Postgres writes it.
create function private.audit_digest(entry public.audit_log, words_digest bytea)
returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(
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
                entry.user_id
            )::text,
            'UTF8'
        ) || words_digest
    );
end
$$;
comment on function private.audit_digest(public.audit_log, bytea) is
    'SHA-256 of all fields of an entry of the audit log; reason, old and new are in it by their private.audit_words_digest.';
revoke execute on function private.audit_digest(public.audit_log, bytea) from public;
