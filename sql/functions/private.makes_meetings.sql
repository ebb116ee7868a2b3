-- Security invoker: its callers decide who learns of accounts.
create function private.makes_meetings(platform text, mentor_id uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
return exists (
    select from public.meeting_accounts as account
    where
        account.platform = makes_meetings.platform
        and account.external_id is not null
        and (account.mentor_id is null or account.mentor_id = makes_meetings.mentor_id)
);
comment on function private.makes_meetings(text, uuid) is
    'Whether the platform has an account, the mentor''s own or nobody''s, that makes meetings: sessions of the mentor need no link there.';
revoke execute on function private.makes_meetings(text, uuid) from public;
