create function private.check_meeting_time(name text, instant timestamptz)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if instant is null or not isfinite(instant) then
        raise exception using
            errcode = '22023',
            message = format('%s must be an instant', name),
            hint = 'Send a time such as 2027-03-01T18:00:00Z.';
    end if;
end
$$;
comment on function private.check_meeting_time(text, timestamptz) is 'Refuses with 22023 a time that is missing or infinite.';
revoke execute on function private.check_meeting_time(text, timestamptz) from public;
