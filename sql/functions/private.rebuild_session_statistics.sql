-- For DBAs, after rows were loaded past the triggers.
create function private.rebuild_session_statistics()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_made bigint;
    v_wrong_ids uuid[];
begin
    v_wrong_ids := array(
        select statistics.session_id
        from private.session_statistics as statistics
        inner join private.recounted_session_statistics as counted on statistics.session_id = counted.session_id
        where to_jsonb(statistics) is distinct from to_jsonb(counted)
    );
    perform private.refresh_session_statistics(v_wrong_ids);
    insert into private.session_statistics
    select counted.*
    from private.recounted_session_statistics as counted
    where not exists (
        select from private.session_statistics as statistics where statistics.session_id = counted.session_id
    )
    on conflict do nothing;
    get diagnostics v_made = row_count;
    return v_made + cardinality(v_wrong_ids);
end
$$;
comment on function private.rebuild_session_statistics() is
    'Recounts everything and puts right the statistics of sessions that lack them or differ; how many. For DBAs: costs a read of all attendance, and locks the rows it mends until the transaction ends.';
revoke execute on function private.rebuild_session_statistics() from public;
