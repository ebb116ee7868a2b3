-- Only upcoming and live sessions invite anybody; null (no session yet) does not.
create function notifier.is_open(snapshot jsonb)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(snapshot ->> 'status' in ('upcoming', 'live'), false);
end
$$;
comment on function notifier.is_open(jsonb) is 'Whether a session in this state (notifier.session_snapshot, or null) invites people: upcoming or live.';
revoke execute on function notifier.is_open(jsonb) from public;
