create type private.audit_content as (
    entries integer,
    first_at timestamptz,
    last_at timestamptz,
    content_hash bytea,
    redacted integer,
    forged integer
);
comment on type private.audit_content is 'What a seal of the audit log is made of.';
comment on column private.audit_content.entries is 'How many entries there are.';
comment on column private.audit_content.first_at is 'When the earliest occurred; null for none.';
comment on column private.audit_content.last_at is 'When the latest occurred; null for none.';
comment on column private.audit_content.content_hash is 'SHA-256 of their digests in order.';
comment on column private.audit_content.redacted is 'How many were erased with a person''s data.';
comment on column private.audit_content.forged is 'How many are said to be erased and yet say something.';
