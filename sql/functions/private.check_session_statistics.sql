-- For DBAs. One statement sees one moment: whatever is being written meanwhile, no row is to be answered.
create function private.check_session_statistics()
returns table (session_id uuid, kept jsonb, recounted jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        coalesce(statistics.session_id, counted.session_id),
        to_jsonb(statistics),
        to_jsonb(counted)
    from private.session_statistics as statistics
    full join private.recounted_session_statistics as counted on statistics.session_id = counted.session_id
    where to_jsonb(statistics) is distinct from to_jsonb(counted);
end
$$;
comment on function private.check_session_statistics() is
    'Recounts everything and answers the sessions whose statistics differ: what is kept, and what it should be. For DBAs; costs a read of all attendance.';
revoke execute on function private.check_session_statistics() from public;
