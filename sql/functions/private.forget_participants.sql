-- Names and addresses of participants nobody knew are needed to say who it was, and by nobody a month later. What they
-- counted for stays.
create function private.forget_participants()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_forgotten integer;
begin
    update private.unmatched_participants as participant
    set identity = null, full_name = null, email = null
    where participant.id = any(
        array(
            select old.id
            from private.unmatched_participants as old
            where
                old.identity is not null
                and old.created_at < (
                    select clock_timestamp() - make_interval(days => settings.unmatched_retention_days)
                    from public.app_settings as settings
                )
            order by old.created_at
            limit 1000
            for no key update skip locked
        )
    );
    get diagnostics v_forgotten = row_count;
    return v_forgotten;
end
$$;
comment on function private.forget_participants() is
    'Deletes names, addresses and keys of up to 1,000 participants of the review queue that are older than app_settings.unmatched_retention_days; how many.';
revoke execute on function private.forget_participants() from public;
