-- Retention that nobody has to remember: one pass a day over what is old enough to be forgotten, in batches that a mail
-- does not notice, at most one a second over all workers. A day on which no clock ticks has nothing to forget.
create function notifier.purge_by_clock(at timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch constant integer := 1000;
    v_months public.app_settings.outbox_retention_months%type;
    v_clock notifier.purge_clock;
    v_purged record;
begin
    select settings.outbox_retention_months into v_months from public.app_settings as settings;
    if v_months is null then
        return;
    end if;
    select clock.* into v_clock
    from notifier.purge_clock as clock
    where clock.due_at <= purge_by_clock.at
    for update skip locked;
    if not found then
        return;
    end if;
    select * into v_purged
    from notifier.purge(make_interval(months => v_months), v_batch, coalesce(v_clock.reached, 0));
    update notifier.purge_clock as clock
    set
        due_at = purge_by_clock.at + case when v_purged.more then interval '1 second' else interval '1 day' end,
        reached = case when v_purged.more then v_purged.reached end
    where clock.id;
end
$$;
comment on function notifier.purge_by_clock(timestamptz) is
    'Forgets the next batch of what app_settings.outbox_retention_months leaves out, if it is due at that instant and nobody else is at it.';
revoke execute on function notifier.purge_by_clock(timestamptz) from public;
