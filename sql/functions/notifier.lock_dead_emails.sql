create function notifier.lock_dead_emails(email_ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select dead.id
        from (
            select email.*
            from notifier.emails as email
            where
                email.status = 'dead'
                and email.carried_by is null
                and (lock_dead_emails.email_ids is null or email.id = any(lock_dead_emails.email_ids))
            order by email.id
            offset 0
            for update
        ) as dead
        where dead.status = 'dead'
    );
end
$$;
comment on function notifier.lock_dead_emails(uuid[]) is
    'Locks those of these mails that are dead (null: all that are), in the order of their ids, and returns the ids; carried rows follow their carrier.';
revoke execute on function notifier.lock_dead_emails(uuid[]) from public;
