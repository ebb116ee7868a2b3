-- Vault knows no foreign keys: a deleted session, series or recording takes its secrets with it here.
-- Security definer: Vault is closed to whoever deletes.
create function private.forget_session_credentials()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.set_session_secret(tg_table_name, old.id, kind, null)
    from unnest(enum_range(null::private.session_secret)) as kind;
    return null;
end
$$;
comment on function private.forget_session_credentials() is 'Removes the secrets of a deleted session, series or recording from Vault.';
revoke execute on function private.forget_session_credentials() from public;

create trigger forget_session_credentials after delete on public.success_sessions
for each row execute function private.forget_session_credentials();
create trigger forget_session_credentials after delete on public.session_series
for each row execute function private.forget_session_credentials();
create trigger forget_session_credentials after delete on public.session_recordings
for each row execute function private.forget_session_credentials();
