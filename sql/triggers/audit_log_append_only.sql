-- A guard against mistakes: the table's owner can drop this trigger, and verify_audit_log finds out what they change
-- then. Old months are dropped as partitions, which fires no trigger. Security definer: it keeps the digest of what is
-- erased.
create function private.keep_audit_entry()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_erased public.audit_log := old;
begin
    v_erased.reason := null;
    v_erased.old := null;
    v_erased.new := null;
    if tg_op = 'UPDATE' and new is not distinct from v_erased then
        insert into private.audit_redactions (audit_id, words_digest)
        values (old.id, private.audit_words_digest(old))
        on conflict (audit_id) do nothing;
        return new;
    end if;
    raise exception using
        errcode = '42501',
        message = 'the audit log is append-only',
        hint = 'Old months are dropped after app_settings.audit_retention_months.';
end
$$;
comment on function private.keep_audit_entry() is
    'Refuses with 42501 to change or delete an entry, except to erase its old, new and reason, whose digest it keeps.';
revoke execute on function private.keep_audit_entry() from public;

create trigger audit_log_append_only before update or delete on public.audit_log
for each row execute function private.keep_audit_entry();
