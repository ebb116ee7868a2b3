-- Security definer: it is the API; seals are closed to the caller.
create function public.verify_audit_log(
    since timestamptz default null, known_seal bigint default null, known_hash text default null
)
returns public.audit_verification
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- No number is below 1: an entry that has one was slipped in.
    c_before_all constant bigint := -9223372036854775808;
    v_seal private.audit_seals;
    v_content private.audit_content;
    v_found public.audit_verification;
    v_previous private.audit_seals;
begin
    if not private.is_owner_login() and not private.is_manager() then
        raise exception using
            errcode = '42501',
            message = 'only managers may verify the audit log',
            hint = 'Ask an admin.';
    end if;
    if (known_seal is null) <> (known_hash is null) then
        raise exception using
            errcode = '22023',
            message = 'known_seal and known_hash belong together',
            hint = 'Send last_seal and last_hash of an earlier answer, or neither.';
    end if;

    select min(to_timestamp(right(partition.relname, 7) || ' +00', 'YYYY_MM TZH')) into v_found.kept_from
    from pg_catalog.pg_inherits as inheritance
    inner join pg_catalog.pg_class as partition on inheritance.inhrelid = partition.oid
    where
        inheritance.inhparent = 'public.audit_log'::regclass
        and partition.relname ~ '^audit_log_\d{4}_\d{2}$';
    v_found.seals := 0;
    v_found.sealed_entries := 0;
    v_found.redacted_entries := 0;
    v_found.dropped_seals := 0;

    for v_seal in
        select seal.* from private.audit_seals as seal where seal.hash is not null order by seal.id
    loop
        v_found.seals := v_found.seals + 1;
        if v_seal.hash <> private.audit_seal_hash(v_previous.hash, v_seal) then
            v_found.problem := coalesce(
                v_found.problem, format('seal %s does not follow from the one before', v_seal.id)
            );
        end if;
        if v_seal.id = known_seal and encode(v_seal.hash, 'hex') <> lower(known_hash) then
            v_found.problem := coalesce(v_found.problem, format('seal %s is not the known one', v_seal.id));
        end if;
        if v_seal.first_at < v_found.kept_from then
            v_found.dropped_seals := v_found.dropped_seals + 1;
            if exists (
                select from public.audit_log as entry
                where
                    entry.id > coalesce(v_previous.through_id, c_before_all)
                    and entry.id <= v_seal.through_id
                    and entry.occurred_at > v_seal.last_at
            ) then
                v_found.problem := coalesce(
                    v_found.problem, format('seal %s has entries that are later than what was sealed', v_seal.id)
                );
            end if;
        elsif since is null or v_seal.last_at >= since then
            v_content := private.audit_content(coalesce(v_previous.through_id, c_before_all), v_seal.through_id);
            v_found.sealed_entries := v_found.sealed_entries + v_content.entries;
            v_found.redacted_entries := v_found.redacted_entries + v_content.redacted;
            if v_content.content_hash <> v_seal.content_hash or v_content.forged > 0 then
                v_found.problem := coalesce(
                    v_found.problem,
                    format(
                        'entries %s to %s are not as they were sealed: there were %s, there are %s',
                        coalesce(v_previous.through_id, 0) + 1,
                        v_seal.through_id,
                        v_seal.entries,
                        v_content.entries
                    )
                );
            end if;
        end if;
        v_previous := v_seal;
    end loop;
    if known_seal is not null
        and not exists (
            select from private.audit_seals as seal where seal.id = known_seal and seal.hash is not null
        )
    then
        v_found.problem := coalesce(v_found.problem, format('seal %s is missing', known_seal));
    end if;

    select count(*) into v_found.unsealed_entries
    from public.audit_log as entry
    where entry.id > coalesce(v_previous.through_id, 0);
    v_found.sealed_at := v_previous.marked_at;
    v_found.last_seal := v_previous.id;
    v_found.last_hash := encode(v_previous.hash, 'hex');
    v_found.is_intact := v_found.problem is null;
    return v_found;
end
$$;
comment on function public.verify_audit_log(timestamptz, bigint, text) is
    'Compares the audit log with its chain of seals: all of the chain, and the entries since an instant, or all (null). known_seal and known_hash, from an earlier answer kept elsewhere, prove that the chain was not rewritten as a whole. For managers and the database''s owner. Errors: 42501 for everybody else; 22023 for one of known_seal and known_hash alone.';
revoke execute on function public.verify_audit_log(timestamptz, bigint, text)
from public, anon, authenticated, service_role;
grant execute on function public.verify_audit_log(timestamptz, bigint, text) to authenticated;
