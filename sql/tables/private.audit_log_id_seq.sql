-- The numbers of the audit log; private.next_audit_id draws them.
create sequence private.audit_log_id_seq as bigint;
comment on sequence private.audit_log_id_seq is 'The numbers of the audit log. Draw them with private.next_audit_id.';
