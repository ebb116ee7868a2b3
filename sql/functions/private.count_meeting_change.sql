-- Counted before it is tried, so that a worker killed in between has counted it, too.
create function private.count_meeting_change(meeting_account_id uuid, daily_limit integer, moment timestamptz)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into private.meeting_account_days as today (meeting_account_id, day, changes)
    values (count_meeting_change.meeting_account_id, (moment at time zone 'UTC')::date, 1)
    on conflict on constraint meeting_account_days_pkey do update set changes = today.changes + 1
    where not today.is_full and (daily_limit is null or today.changes < daily_limit);
    return found;
end
$$;
comment on function private.count_meeting_change(uuid, integer, timestamptz) is
    'Counts one more change of an account''s meetings on the day of the moment, in UTC; false, and nothing is counted, when the limit (null: none) is used up.';
revoke execute on function private.count_meeting_change(uuid, integer, timestamptz) from public;
