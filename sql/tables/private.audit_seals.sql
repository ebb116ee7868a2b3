-- The chain over the audit log. A hash in each row would make all writers wait for one another; so rows are written
-- without, and sealed in lots afterwards. A seal is first marked (through_id, by which transaction), and closed with
-- its hashes once every transaction that could still write a row up to through_id has ended.
create table private.audit_seals (
    id bigint generated always as identity,
    through_id bigint not null,
    marked_at timestamptz not null default clock_timestamp(),
    marked_by xid8 not null default pg_current_xact_id(),
    entries integer,
    first_at timestamptz,
    last_at timestamptz,
    content_hash bytea,
    hash bytea,
    constraint audit_seals_pkey primary key (id),
    constraint audit_seals_through_id_key unique (through_id),
    constraint audit_seals_closed_or_open check (num_nonnulls(entries, content_hash, hash) in (0, 3))
);
comment on table private.audit_seals is
    'The chain of hashes over the audit log, kept when the entries themselves have been dropped. The last one may be open.';
comment on column private.audit_seals.id is 'Order of the chain, with gaps.';
comment on column private.audit_seals.through_id is 'It seals the entries after the seal before up to this id.';
comment on column private.audit_seals.marked_at is 'When it was marked.';
comment on column private.audit_seals.marked_by is 'The transaction that marked it: entries up to through_id are of earlier ones.';
comment on column private.audit_seals.entries is 'How many entries it seals; null while it is open.';
comment on column private.audit_seals.first_at is 'When the earliest of its entries occurred; null for none.';
comment on column private.audit_seals.last_at is 'When the latest of its entries occurred; null for none.';
comment on column private.audit_seals.content_hash is 'SHA-256 of the digests of its entries in order; null while it is open.';
comment on column private.audit_seals.hash is 'SHA-256 of the hash before and all that verify_audit_log goes by; null while it is open.';

alter table private.audit_seals enable row level security;
