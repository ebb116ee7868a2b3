-- A mentor who entered a session that is over would make its whole audience absent: nobody could have come.
create function private.refuse_past_session(end_time timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '42501',
        message = 'end_time must be in the future: only managers record sessions of the past',
        detail = 'end_time is ' || private.utc_text(end_time),
        hint = 'Send times to come, or ask a manager to record what took place.';
end
$$;
comment on function private.refuse_past_session(timestamptz) is
    'Refuses with 42501 that a mentor creates a session that is over, or moves one to where it is.';
revoke execute on function private.refuse_past_session(timestamptz) from public;
