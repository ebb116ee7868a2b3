create function private.audit_content(after_id bigint, through_id bigint)
returns private.audit_content
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_content private.audit_content;
begin
    select
        count(*)::integer,
        min(entry.occurred_at),
        max(entry.occurred_at),
        sha256(coalesce(
            string_agg(
                private.audit_digest(entry, coalesce(redaction.words_digest, private.audit_words_digest(entry))),
                ''::bytea
                order by entry.id
            ),
            ''
        )),
        count(redaction.audit_id)::integer,
        (count(*) filter (
            where redaction.audit_id is not null and num_nonnulls(entry.reason, entry.old, entry.new) > 0
        ))::integer
    into v_content
    from public.audit_log as entry
    left join private.audit_redactions as redaction on entry.id = redaction.audit_id
    where entry.id > audit_content.after_id and entry.id <= audit_content.through_id;
    return v_content;
end
$$;
comment on function private.audit_content(bigint, bigint) is
    'The entries of the audit log after one id up to another, as a seal holds them.';
revoke execute on function private.audit_content(bigint, bigint) from public;
