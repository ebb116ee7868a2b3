-- What was erased from the audit log with a person's data. Its digest stays, so that the chain still holds, and so that
-- what is missing is seen to be missing.
create table private.audit_redactions (
    audit_id bigint not null,
    words_digest bytea not null,
    redacted_at timestamptz not null default clock_timestamp(),
    constraint audit_redactions_pkey primary key (audit_id)
);
comment on table private.audit_redactions is
    'Entries of the audit log whose old, new and reason were erased with a person''s data, and the digest of these.';
comment on column private.audit_redactions.audit_id is 'The entry.';
comment on column private.audit_redactions.words_digest is 'private.audit_words_digest of the entry as it was.';
comment on column private.audit_redactions.redacted_at is 'When it was erased.';

alter table private.audit_redactions enable row level security;
