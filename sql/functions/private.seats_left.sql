-- Security definer: the calendar shows whether there is room to those who may not see who took it.
create function private.seats_left(session_id uuid, capacity integer)
returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if capacity is null then
        return null;
    end if;
    -- Fewer than none is left where the capacity was lowered after the seats were taken.
    return greatest(
        capacity - (
            select count(*)
            from public.session_registrations as registration
            where registration.session_id = seats_left.session_id and registration.status = 'registered'
        ),
        0
    );
end
$$;
comment on function private.seats_left(uuid, integer) is
    'Free seats of a session with this capacity, at least 0; null where the capacity is unlimited (null).';
revoke execute on function private.seats_left(uuid, integer) from public;
grant execute on function private.seats_left(uuid, integer) to authenticated;
