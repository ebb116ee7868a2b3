-- Closes the open seal when nobody can write beneath it any more, and marks the next. Who writes never waits for it.
-- The mark is sound because its transaction id is drawn after the number it goes up to was read, while writers draw
-- theirs before their numbers (private.next_audit_id): all who may write up to there have lower ids. So a transaction
-- that has its id already cannot mark.
create function private.seal_audit_log()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lot constant integer := 20000;
    v_patience constant interval := interval '1 minute';
    v_open private.audit_seals;
    v_last private.audit_seals;
    v_sealed integer := 0;
    v_may_mark constant boolean := pg_current_xact_id_if_assigned() is null;
    v_through bigint;
begin
    -- Under another isolation level the snapshot would be older than the numbers it is compared with.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception using
            errcode = '25001',
            message = 'the audit log is sealed in a transaction that is read committed';
    end if;
    if not pg_try_advisory_xact_lock('public.audit_log'::regclass::integer, 2) then
        return 0;
    end if;
    select numbers.last_value into v_through from private.audit_log_id_seq as numbers where numbers.is_called;
    select seal.* into v_last
    from private.audit_seals as seal where seal.hash is not null order by seal.id desc limit 1;
    select seal.* into v_open
    from private.audit_seals as seal where seal.hash is null order by seal.id desc limit 1;

    if v_open.marked_by >= pg_snapshot_xmax(pg_current_snapshot()) then
        -- Marked by another cluster, whose dump this one was restored from: its transaction ids say nothing here.
        delete from private.audit_seals as seal where seal.id = v_open.id;
    elsif v_open.marked_by < pg_snapshot_xmin(pg_current_snapshot()) then
        select content.entries, content.first_at, content.last_at, content.content_hash
        into v_open.entries, v_open.first_at, v_open.last_at, v_open.content_hash
        from private.audit_content(coalesce(v_last.through_id, 0), v_open.through_id) as content;
        update private.audit_seals as seal
        set
            entries = v_open.entries,
            first_at = v_open.first_at,
            last_at = v_open.last_at,
            content_hash = v_open.content_hash,
            hash = private.audit_seal_hash(v_last.hash, v_open)
        where seal.id = v_open.id
        returning seal.* into v_last;
        v_sealed := v_last.entries;
    elsif v_open.id is not null then
        return 0;
    end if;

    if v_may_mark
        and v_through > coalesce(v_last.through_id, 0)
        and (
            v_through - coalesce(v_last.through_id, 0) >= v_lot
            or v_last.marked_at is null
            or v_last.marked_at < clock_timestamp() - v_patience
        )
    then
        insert into private.audit_seals (through_id)
        values (least(v_through, coalesce(v_last.through_id, 0) + v_lot));
    end if;
    return v_sealed;
end
$$;
comment on function private.seal_audit_log() is
    'Seals the entries of the audit log that were marked at an earlier call, once no older transaction is open, and marks the next, at most 20,000 and not more often than once a minute for fewer. Returns how many were sealed. Errors: 25001 outside read committed.';
revoke execute on function private.seal_audit_log() from public;
