-- erase_user may erase these three fields of an entry. So they have a digest of their own, which is then kept in
-- private.audit_redactions, and the digest of the entry and its seal can still be checked.
create function private.audit_words_digest(entry public.audit_log)
returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return sha256(convert_to(jsonb_build_array(entry.reason, entry.old, entry.new)::text, 'UTF8'));
end
$$;
comment on function private.audit_words_digest(public.audit_log) is
    'SHA-256 of what erase_user may erase of an entry of the audit log: reason, old and new.';
revoke execute on function private.audit_words_digest(public.audit_log) from public;
