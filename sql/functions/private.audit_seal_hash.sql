-- All that verify_audit_log goes by: whoever rewrote when a seal's entries occurred would pass them off as dropped.
create function private.audit_seal_hash(previous bytea, seal private.audit_seals)
returns bytea
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(
        coalesce(audit_seal_hash.previous, '')
        || int8send(seal.id)
        || int8send(seal.through_id)
        || int4send(seal.entries)
        || coalesce(timestamptz_send(seal.first_at), '')
        || coalesce(timestamptz_send(seal.last_at), '')
        || seal.content_hash
    );
end
$$;
comment on function private.audit_seal_hash(bytea, private.audit_seals) is
    'The hash that chains a seal of the audit log to the one before; previous is null for the first.';
revoke execute on function private.audit_seal_hash(bytea, private.audit_seals) from public;
