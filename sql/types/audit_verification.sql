create type public.audit_verification as (
    is_intact boolean,
    problem text,
    seals bigint,
    sealed_entries bigint,
    unsealed_entries bigint,
    redacted_entries bigint,
    dropped_seals bigint,
    kept_from timestamptz,
    sealed_at timestamptz,
    last_seal bigint,
    last_hash text
);
comment on type public.audit_verification is 'What verify_audit_log found.';
comment on column public.audit_verification.is_intact is 'Whether every entry looked at is as it was sealed, and every seal follows from the one before.';
comment on column public.audit_verification.problem is 'The first thing that is wrong; null: nothing.';
comment on column public.audit_verification.seals is 'How many seals the chain has.';
comment on column public.audit_verification.sealed_entries is 'How many entries were compared with their seals.';
comment on column public.audit_verification.unsealed_entries is 'How many entries are too new to be sealed: nothing can be said about them yet.';
comment on column public.audit_verification.redacted_entries is 'How many of those compared were erased with a person''s data: that they were there is sealed, what they said is gone.';
comment on column public.audit_verification.dropped_seals is 'How many seals are of months that are no longer kept; their place in the chain was checked.';
comment on column public.audit_verification.kept_from is 'Begin of the oldest month kept.';
comment on column public.audit_verification.sealed_at is 'When the newest sealed lot was marked; null: there is none.';
comment on column public.audit_verification.last_seal is 'Number of the newest seal. Keep it and last_hash elsewhere: whoever can rewrite the whole chain cannot rewrite that.';
comment on column public.audit_verification.last_hash is 'Hash of the newest seal, in hex.';
