-- The last guard of the write-only fields: whatever let a secret into the row (an upsert racing with a delete), the
-- write fails. Not a check constraint: those also judge the proposed row of an upsert, and print it into the error and
-- the log.
create function private.refuse_stored_credentials()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'PT409',
        message = 'the session changed while it was being saved',
        hint = 'Save it again.';
end
$$;
comment on function private.refuse_stored_credentials() is 'Fails a write that would leave a write-only field in the row.';
revoke execute on function private.refuse_stored_credentials() from public;

create trigger refuse_stored_credentials
after insert or update on public.success_sessions
for each row
when (
    new.zoom_passcode is not null
    or new.link ~* '[?&#]pwd='
    or new.backup_link ~* '[?&#]pwd='
    or new.platform_data ? 'host_link'
)
execute function private.refuse_stored_credentials();

create trigger refuse_stored_credentials
after insert or update on public.session_series
for each row
when (
    new.zoom_passcode is not null
    or new.link ~* '[?&#]pwd='
    or new.backup_link ~* '[?&#]pwd='
    or new.platform_data ? 'host_link'
)
execute function private.refuse_stored_credentials();

create trigger refuse_stored_credentials
after insert or update on public.session_recordings
for each row
when (new.url is not null)
execute function private.refuse_stored_credentials();
