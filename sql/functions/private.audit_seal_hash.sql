create function private.audit_seal_hash(previous bytea, seal_id bigint, through_id bigint, content_hash bytea)
returns bytea
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select sha256(
        coalesce(audit_seal_hash.previous, '')
        || int8send(audit_seal_hash.seal_id)
        || int8send(audit_seal_hash.through_id)
        || audit_seal_hash.content_hash
    )
$$;
comment on function private.audit_seal_hash(bytea, bigint, bigint, bytea) is
    'The hash that chains a seal of the audit log to the one before; previous is null for the first.';
revoke execute on function private.audit_seal_hash(bytea, bigint, bigint, bytea) from public;
