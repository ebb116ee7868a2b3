-- Another link takes the place of the one that failed. Runs after success_sessions_4_credentials has taken the secret
-- part out of the link: one that a form sends back in full is then equal to the stored one.
create function private.end_link_failure()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.link_failed_at := null;
    new.link_failure_note := null;
    return new;
end
$$;
comment on function private.end_link_failure() is 'Leads everybody back to a link that is new.';
revoke execute on function private.end_link_failure() from public;

create trigger success_sessions_5_link_failure before update on public.success_sessions
for each row
when (old.link_failed_at is not null and new.link is distinct from old.link)
execute function private.end_link_failure();
