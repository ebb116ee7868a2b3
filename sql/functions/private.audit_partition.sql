create function private.audit_partition(month timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return 'private.audit_log_' || to_char(audit_partition.month at time zone 'UTC', 'YYYY_MM');
end
$$;
comment on function private.audit_partition(timestamptz) is
    'Name of the partition of the audit log for the month, in UTC, of an instant.';
revoke execute on function private.audit_partition(timestamptz) from public;
