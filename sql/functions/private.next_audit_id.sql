-- Sealing relies on it: whoever has drawn a number has a transaction id already, so that once every transaction up to
-- some id has ended, all numbers drawn until then are in the log or never will be.
create function private.next_audit_id()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_current_xact_id();
    return nextval('private.audit_log_id_seq');
end
$$;
comment on function private.next_audit_id() is
    'The next number of the audit log, drawn by a transaction that has its id.';
revoke execute on function private.next_audit_id() from public;
