-- Nothing is ever lost for want of a partition; private.keep_audit_partitions moves what lands here.
create table private.audit_log_default partition of public.audit_log default;
alter table private.audit_log_default enable row level security;
