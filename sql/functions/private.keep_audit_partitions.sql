-- Months ahead are made before they are needed: creating a table and attaching it keeps no writer waiting. Dropping a
-- month does for a moment; where the moment does not come within the lock timeout, the next call tries again. Months
-- are those of UTC, and so is adding one: elsewhere the first of a month may be the last of the month before.
create function private.keep_audit_partitions(at timestamptz default clock_timestamp())
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '200ms'
as $$
declare
    v_this_month constant timestamptz := date_trunc('month', at);
    v_keep_from timestamptz;
    v_has_strays boolean;
    v_missing timestamptz [];
    v_old text [];
    v_month timestamptz;
    v_name text;
begin
    v_has_strays := exists (select from private.audit_log_default);
    select v_this_month - make_interval(months => settings.audit_retention_months) into v_keep_from
    from public.app_settings as settings;
    v_missing := array(
        select wanted.month
        from (
            select v_this_month + make_interval(months => step) as month from generate_series(0, 2) as step
            union
            select date_trunc('month', stray.occurred_at) from private.audit_log_default as stray
        ) as wanted
        where to_regclass(private.audit_partition(wanted.month)) is null
        order by wanted.month
    );
    v_old := array(
        select format('private.%I', partition.relname)
        from pg_catalog.pg_inherits as inheritance
        inner join pg_catalog.pg_class as partition on inheritance.inhrelid = partition.oid
        where
            inheritance.inhparent = 'public.audit_log'::regclass
            and partition.relname <> 'audit_log_default'
            and format('private.%I', partition.relname) < private.audit_partition(v_keep_from)
    );
    if not v_has_strays and cardinality(v_missing) = 0 and cardinality(v_old) = 0 then
        return;
    end if;
    if not pg_try_advisory_xact_lock('public.audit_log'::regclass::integer, 1) then
        return;
    end if;

    -- When no partitions were made for some time, entries have gathered in the default one: they are moved to their
    -- months.
    if v_has_strays then
        alter table public.audit_log detach partition private.audit_log_default;
    end if;
    foreach v_month in array v_missing loop
        v_name := private.audit_partition(v_month);
        execute format('create table %s (like public.audit_log including all)', v_name);
        execute format('alter table %s enable row level security', v_name);
        execute format('comment on table %s is %L', v_name, 'A month of public.audit_log.');
        execute format(
            'alter table public.audit_log attach partition %s for values from (%L) to (%L)',
            v_name,
            v_month,
            v_month + interval '1 month'
        );
    end loop;
    if v_has_strays then
        insert into public.audit_log select stray.* from private.audit_log_default as stray;
        truncate private.audit_log_default;
        alter table public.audit_log attach partition private.audit_log_default default;
    end if;
    foreach v_name in array v_old loop
        -- The digests of what was erased go with their month: no seal is compared with them any more, and a guess at
        -- the erased words could be checked by them.
        execute format(
            'delete from private.audit_redactions as redaction using %s as entry where redaction.audit_id = entry.id',
            v_name
        );
        execute format('drop table %s', v_name);
    end loop;
exception
    when lock_not_available then null;
end
$$;
comment on function private.keep_audit_partitions(timestamptz) is
    'Makes the partitions of the audit log for the month of an instant and the two after it, sorts in what had none, and drops the months that app_settings.audit_retention_months leaves out. Does nothing while somebody is in the way.';
revoke execute on function private.keep_audit_partitions(timestamptz) from public;
