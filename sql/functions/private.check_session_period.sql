create function private.check_session_period(start_time timestamptz, end_time timestamptz)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_message text := case
        when start_time is null then 'start_time must not be null'
        when end_time is null then 'end_time must not be null'
        when start_time < '2000-01-01 00:00+00' or start_time >= '2200-01-01 00:00+00'
            then 'start_time must be in the years 2000 to 2199'
        when end_time <= start_time then 'end_time must be after start_time'
        when end_time > start_time + interval '24 hours' then 'end_time must be at most 24 hours after start_time'
    end;
begin
    if v_message is not null then
        raise exception using
            errcode = '22023',
            message = v_message,
            hint = 'Send two instants that a session could have, such as 2027-03-01T18:00:00+01:00.';
    end if;
end
$$;
comment on function private.check_session_period(timestamptz, timestamptz) is
    'Refuses with 22023 a period that no session could have, naming the argument.';
revoke execute on function private.check_session_period(timestamptz, timestamptz) from public;
