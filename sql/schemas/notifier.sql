-- The outbox and its queue functions. The daemon logs in as role `notifier`, which may execute the functions of this
-- schema and do nothing else. Roles belong to the cluster, so an existing one is kept; an operator sets the password
-- (`alter role notifier password …`), which no migration may know. Its settings are what the daemon and its functions
-- rely on, whatever the database or server is set to.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'notifier') then
        create role notifier login noinherit;
        alter role notifier set default_transaction_isolation = 'read committed';
        alter role notifier set timezone = 'UTC';
        alter role notifier set datestyle = 'ISO';
        alter role notifier set intervalstyle = 'postgres';
        -- A crash must not forget that a mail was begun.
        alter role notifier set synchronous_commit = on;
    end if;
exception
    -- Another database of this cluster was being migrated at the same moment.
    when duplicate_object or unique_violation then null;
end
$$;

create schema notifier;
comment on schema notifier is
    'Outbox of the live sessions: events, emails and the functions by which the notifier drains them.';
revoke all on schema notifier from public;
grant usage on schema notifier to notifier;
