create function notifier.with_carried(email_ids uuid[])
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
begin
    return email_ids || array(
        select carried.id from notifier.emails as carried where carried.carried_by = any(email_ids)
    );
end
$$;
comment on function notifier.with_carried(uuid[]) is 'These mails and the rows that go out in them.';
revoke execute on function notifier.with_carried(uuid[]) from public;
