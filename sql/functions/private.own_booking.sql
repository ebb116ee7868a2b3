create function private.own_booking(session_id uuid)
returns public.session_bookings
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session public.success_sessions := private.visible_session(session_id);
    v_booking public.session_bookings;
begin
    select booking.* into v_booking
    from public.session_bookings as booking
    where booking.session_id = v_session.id and booking.student_id = auth.uid();
    if not found then
        raise exception using
            errcode = '42501',
            message = 'only the student who booked a session may move or cancel the booking',
            hint = 'Hosts and managers change the session itself.';
    end if;
    return v_booking;
end
$$;
comment on function private.own_booking(uuid) is
    'The caller''s booking of this session; PT404 unknown or not visible, 42501 booked by nobody or somebody else.';
revoke execute on function private.own_booking(uuid) from public;
