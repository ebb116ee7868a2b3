-- Security invoker: its callers decide who learns of accounts.
create function private.accounts_making_meetings(platform text, mentor_id uuid)
returns setof public.meeting_accounts
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 10
as $$
begin
    return query
    select account.*
    from public.meeting_accounts as account
    where
        account.platform = accounts_making_meetings.platform
        and account.external_id is not null
        and (account.mentor_id is null or account.mentor_id = accounts_making_meetings.mentor_id);
end
$$;
comment on function private.accounts_making_meetings(text, uuid) is
    'The accounts, the mentor''s own and nobody''s, that make meetings on the platform: with any, sessions of the mentor need no link there.';
revoke execute on function private.accounts_making_meetings(text, uuid) from public;
