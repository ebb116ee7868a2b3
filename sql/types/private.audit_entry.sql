create type private.audit_entry as (
    row_key jsonb,
    session_id uuid,
    user_id uuid,
    reason text,
    old jsonb,
    new jsonb
);
comment on type private.audit_entry is 'What the audit log says of one changed row, besides who and when.';
comment on column private.audit_entry.row_key is 'Its primary key, by column.';
comment on column private.audit_entry.session_id is 'The session it belongs to; null: none.';
comment on column private.audit_entry.user_id is 'Whose row it is; null: nobody''s.';
comment on column private.audit_entry.reason is 'What was given as the reason.';
comment on column private.audit_entry.old is 'The changed fields before; null: there was no row.';
comment on column private.audit_entry.new is 'The changed fields after; null: there is no row any more.';
