-- For operators: a dead mail that is not worth another attempt is put away, so that `dead` above zero means something.
-- Security definer: role notifier may call the queue's functions and read nothing.
create function notifier.discard_emails(email_ids uuid[] default null)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_dead uuid[] := notifier.lock_dead_emails(email_ids);
begin
    update notifier.emails as email
    set status = 'skipped', skip_reason = 'discarded', carried_by = null
    where email.id = any(notifier.with_carried(v_dead));
    return cardinality(v_dead);
end
$$;
comment on function notifier.discard_emails(uuid[]) is
    'Puts dead mails (null: all) away as skipped, reason discarded; returns how many. Those that are not dead are left alone.';
revoke execute on function notifier.discard_emails(uuid[]) from public;
grant execute on function notifier.discard_emails(uuid[]) to notifier;
