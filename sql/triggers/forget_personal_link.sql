-- Vault knows no foreign keys. Security definer: Vault is closed to whoever deletes.
create function private.forget_personal_link()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from vault.secrets as secret
    where secret.name = format('personal_links/%s/%s', old.meeting_id, old.user_id);
    return null;
end
$$;
comment on function private.forget_personal_link() is 'Removes a personal link from Vault.';
revoke execute on function private.forget_personal_link() from public;

create trigger forget_personal_link after delete on private.personal_links
for each row execute function private.forget_personal_link();
